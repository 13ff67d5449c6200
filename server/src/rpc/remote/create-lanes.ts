import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { type Failure, fail, toFailure } from '../../kernel/errors.ts';
import { guardListener } from '../../kernel/guard-listener.ts';
import type { Log } from '../../kernel/log.ts';
import { pause } from '../../kernel/pause.ts';
import type { ResultsMethod } from '../rpc-service.ts';
import type { Balancer } from './create-balancer.ts';
import { LanePart } from './lane-part.ts';
import { backOffMs, mayRepeat } from './repeat.ts';
import { SpreadCall, type Ticket } from './spread-call.ts';

/** A method whose calls are cut: anything but its `spread` may be absent. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments and answers of any method
export type SpreadMethod = ResultsMethod<any, any> & Required<Pick<ResultsMethod<any, any>, 'spread'>>;

export interface Lanes {
  call(ctx: Context, args: readonly unknown[], onResult?: (...result: unknown[]) => void): Promise<unknown>;
}

/** Items that may wait or be under way at once, and their bytes; more are refused (nothing grows without bound). */
const maxItems = 50_000;
const maxBytes = 64 * 1024 * 1024;

/**
 * Calls of one method about many keys, cut into parts for the instances, so that the items of one key keep the order of calls
 * (MESSAGE-PATH rules 3 and 5): each key is a lane of tickets.
 *
 * - A ticket goes out when those before it have begun at the same instance, or are done; those that have waited behind it go
 *   out with it, in one part: however slow the way, a busy key is not slower.
 * - One that was lost on its way waits for its next attempt, and those behind it wait with it.
 * - When a key has got another owner, what is under way at the old one is done before anything goes to the new one.
 * - What has been heard of an item is final: it is neither asked for nor told again.
 */
export function createLanes(deps: {
  readonly method: SpreadMethod;
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly log: Log;
  onRepeat(): void;
}): Lanes {
  const { method, balancer, clock } = deps;
  const lanes = new Map<string, Ticket[]>();
  let items = 0;
  let bytes = 0;

  /** Sends what may go now of these lanes: one part to each instance. */
  function pump(keys: Iterable<string>): void {
    const parts = new Map<string, LanePart>();
    const full: string[] = [];
    for (const key of new Set(keys)) if (!gather(key, parts)) full.push(key);
    for (const part of parts.values()) send(part);
    if (full.length > 0) pump(full);
  }

  /** False: the part for this key is full, and what may go of it goes with the next. */
  function gather(key: string, parts: Map<string, LanePart>): boolean {
    const lane = lanes.get(key) ?? [];
    const first = lane.find(({ state }) => state !== 'begun');
    if (first?.state !== 'waiting' || first.call.resting) return true;
    const endpoint = balancer.choose(key, first.call.avoid);
    if (!endpoint) void rest(first.call, () => balancer.wait(first.call.ctx));
    if (!endpoint || lane.some(({ at }) => at !== null && at !== endpoint.address)) return true;
    const part = parts.get(endpoint.address) ?? new LanePart(endpoint);
    parts.set(endpoint.address, part);
    for (const ticket of lane.slice(lane.indexOf(first))) {
      if (ticket.state !== 'waiting' || ticket.call.resting) break;
      if (!part.take(ticket)) return ticket !== first;
    }
    return true;
  }

  function send(part: LanePart): void {
    const { endpoint, tickets, items: sent } = part;
    for (const ticket of tickets) {
      ticket.state = 'sent';
      ticket.at = endpoint.address;
    }
    let settled = false;
    const hear = (index: number, result: unknown): void => sent[index]?.call.hear(sent[index].index, result);
    const begun = (): void => {
      if (settled) return;
      // What is left of a ticket that was cut comes before those behind it.
      for (const ticket of tickets) if (ticket !== part.cut) ticket.state = 'begun';
      pump(tickets.map(({ key }) => key));
    };
    const args = method.spread.take(sent.map(({ call, index }) => ({ args: call.args, index })));
    endpoint
      .run((peer) => peer.call(method, part.ctx(), args, hear as (...result: unknown[]) => void, begun))
      .then((answer) => {
        for (const [index, result] of (answer as readonly unknown[]).entries()) hear(index, result);
        // Asking again for what an answer leaves out would go on for ever.
        const left = sent.filter(({ call, index }) => !call.isKnown(index));
        if (left.length > 0) giveUp(left, fail('internal'));
      })
      .catch((thrown: unknown) => onFailure(part, thrown))
      .finally(() => {
        settled = true;
        settle(tickets);
      });
  }

  function onFailure({ endpoint, items: sent, calls }: LanePart, thrown: unknown): void {
    const failure = toFailure(thrown);
    // The fault of one item, at most: it is looked for by halves, and its neighbours go on.
    if ((failure.code === 'request.too_large' || failure.code === 'request.invalid') && sent.length > 1) {
      for (const call of calls) call.maxItems = Math.ceil(sent.length / 2);
      return;
    }
    const again = !balancer.down && mayRepeat(method, thrown);
    for (const call of calls) {
      const ms = again ? backOffMs(call.ctx, clock, ++call.failures) : null;
      if (ms === null) {
        giveUp(
          sent.filter((item) => item.call === call),
          failure,
        );
        continue;
      }
      call.avoid = endpoint.address;
      deps.onRepeat();
      void rest(call, () => pause(ms));
    }
  }

  function settle(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      ticket.state = 'waiting';
      ticket.at = null;
      if (ticket.call.open(ticket).length === 0) leave(ticket);
    }
    pump(tickets.map(({ key }) => key));
  }

  /** Nothing of the call goes out before that is over. */
  async function rest(call: SpreadCall, until: () => Promise<unknown>): Promise<void> {
    if (call.resting) return;
    call.resting = true;
    try {
      await until();
    } catch (thrown) {
      end(call, toFailure(thrown), ({ state }) => state === 'waiting');
    }
    call.resting = false;
    pump(call.tickets.map(({ key }) => key));
  }

  function giveUp(given: readonly { readonly call: SpreadCall; readonly index: number }[], failure: Failure): void {
    for (const { call, index } of given) call.hear(index, method.spread.failed(failure));
  }

  /** What of these tickets has not gone out never will; what has gone keeps its place, and nobody waits for it. */
  function end(call: SpreadCall, failure: Failure, which: (ticket: Ticket) => boolean = () => true): void {
    const ended = call.tickets.filter(which);
    for (const ticket of ended) {
      if (ticket.state === 'waiting') leave(ticket);
      giveUp(
        call.open(ticket).map((index) => ({ call, index })),
        failure,
      );
    }
    pump(ended.map(({ key }) => key));
  }

  function leave(ticket: Ticket): void {
    const lane = lanes.get(ticket.key) ?? [];
    const place = lane.indexOf(ticket);
    if (place >= 0) lane.splice(place, 1);
    if (lane.length === 0) lanes.delete(ticket.key);
  }

  function watchCaller(call: SpreadCall): () => void {
    const stop = (): void => end(call, fail('service.timeout'));
    const left = Math.max(0, call.ctx.deadline - clock.monotonic());
    const timer = setTimeout(stop, Math.min(left, 2 ** 31 - 1));
    call.ctx.signal?.addEventListener('abort', stop);
    return () => {
      clearTimeout(timer);
      call.ctx.signal?.removeEventListener('abort', stop);
    };
  }

  return {
    async call(ctx, args, onResult) {
      const keys = method.spread.keys(...args);
      if (keys.length === 0) return [];
      const size = method.spread.bytes?.(...args) ?? 0;
      if (items + keys.length > maxItems || bytes + size > maxBytes)
        return keys.map(() => method.spread.failed(fail('service.overloaded', { retryAfterMs: 1_000 })));
      const call = new SpreadCall(ctx, args, keys, guardListener(onResult, deps.log));
      for (const ticket of call.tickets) {
        const lane = lanes.get(ticket.key);
        if (lane) lane.push(ticket);
        else lanes.set(ticket.key, [ticket]);
      }
      items += keys.length;
      bytes += size;
      const release = watchCaller(call);
      pump(call.tickets.map(({ key }) => key));
      try {
        return await call.results;
      } finally {
        release();
        items -= keys.length;
        bytes -= size;
      }
    },
  };
}
