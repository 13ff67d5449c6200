import type { Clock } from '../../../kernel/clock.ts';
import type { Context } from '../../../kernel/context.ts';
import { type Failure, fail, toFailure } from '../../../kernel/errors.ts';
import type { ResultsMethod } from '../../../kernel/rpc.ts';
import type { Balancer, Endpoint } from './create-balancer.ts';
import { backOffMs, mayRepeat } from './repeat.ts';
import { isDone, SpreadCall, type Ticket } from './spread-call.ts';

/** A method whose calls are cut: anything but its `spread` may be absent. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments and answers of any method
export type SpreadMethod = ResultsMethod<any, any> & Required<Pick<ResultsMethod<any, any>, 'spread'>>;

export interface Lanes {
  call(ctx: Context, args: readonly unknown[], onResult?: (...result: unknown[]) => void): Promise<unknown>;
}

/** Items that may wait or be under way at once; more are refused (nothing grows without bound). */
const maxItems = 50_000;

/**
 * Calls of one method about many keys, cut into a call per instance, so that the items of one key keep the order of calls
 * (MESSAGE-PATH rules 3 and 5): each key is a lane of tickets.
 *
 * - A ticket goes out when those before it have begun at the same instance, or are done.
 * - One that was lost on its way waits for its next attempt, and those behind it wait with it.
 * - When a key has got another owner, what is under way at the old one is done before anything goes to the new one.
 * - What has been heard of an item is final: it is neither asked for nor told again.
 */
export function createLanes(deps: {
  readonly method: SpreadMethod;
  readonly balancer: Balancer;
  readonly clock: Clock;
  onRepeat(): void;
}): Lanes {
  const { method, balancer, clock } = deps;
  const lanes = new Map<string, Ticket[]>();
  let items = 0;

  /** Sends what may go now of these lanes: of each call one part to each instance. */
  function pump(keys: Iterable<string>): void {
    const parts = new Map<SpreadCall, Map<string, { readonly endpoint: Endpoint; readonly tickets: Ticket[] }>>();
    for (const key of new Set(keys)) {
      const next = findNext(key);
      if (!next) continue;
      const { ticket, endpoint } = next;
      const ofCall = parts.get(ticket.call) ?? new Map();
      parts.set(ticket.call, ofCall);
      const part = ofCall.get(endpoint.address) ?? { endpoint, tickets: [] };
      ofCall.set(endpoint.address, part);
      part.tickets.push(ticket);
    }
    for (const [call, ofCall] of parts)
      for (const { endpoint, tickets } of ofCall.values()) send(call, endpoint, tickets);
  }

  function findNext(key: string): { readonly ticket: Ticket; readonly endpoint: Endpoint } | null {
    const lane = lanes.get(key) ?? [];
    const ticket = lane.find(({ state }) => state !== 'begun');
    if (ticket?.state !== 'waiting' || ticket.call.resting) return null;
    const endpoint = balancer.choose(key, ticket.call.avoid);
    if (!endpoint) void rest(ticket.call, () => balancer.wait(ticket.call.ctx));
    else if (lane.every(({ at }) => at === null || at === endpoint.address)) return { ticket, endpoint };
    return null;
  }

  function send(call: SpreadCall, endpoint: Endpoint, ready: readonly Ticket[]): void {
    const indexes = call.open(ready).slice(0, call.maxItems);
    const chosen = new Set(indexes);
    const part = ready.filter((ticket) => ticket.indexes.some((index) => chosen.has(index)));
    for (const ticket of part) {
      ticket.state = 'sent';
      ticket.at = endpoint.address;
    }
    let settled = false;
    const hear = (index: number, result: unknown): void => call.hear(indexes[index]!, result);
    const begun = (): void => {
      if (settled) return;
      for (const ticket of part) ticket.state = 'begun';
      pump(part.map(({ key }) => key));
    };
    const args = method.spread.take(call.args, indexes);
    endpoint
      .run((peer) => peer.call(method, call.ctx, args, hear as (...result: unknown[]) => void, begun))
      .then((answer) => {
        for (const [index, result] of (answer as readonly unknown[]).entries()) hear(index, result);
        // Asking again for what an answer leaves out would go on for ever.
        giveUp(call, indexes, fail('internal'));
      })
      .catch((thrown: unknown) => onFailure(call, endpoint, indexes, thrown))
      .finally(() => {
        settled = true;
        settle(part);
      });
    if (part.length < ready.length) pump(ready.slice(part.length).map(({ key }) => key));
  }

  function onFailure(call: SpreadCall, endpoint: Endpoint, indexes: readonly number[], thrown: unknown): void {
    const failure = toFailure(thrown);
    if (failure.code === 'request.too_large' && indexes.length > 1) {
      call.maxItems = Math.ceil(indexes.length / 2);
      return;
    }
    const again = !balancer.down && mayRepeat(method, thrown);
    const ms = again ? backOffMs(call.ctx, clock, ++call.failures) : null;
    if (ms === null) {
      giveUp(call, indexes, failure);
      return;
    }
    call.avoid = endpoint.address;
    deps.onRepeat();
    void rest(call, () => new Promise((resolve) => void setTimeout(resolve, ms)));
  }

  function settle(part: readonly Ticket[]): void {
    for (const ticket of part) {
      ticket.state = 'waiting';
      ticket.at = null;
      if (isDone(ticket)) leave(ticket);
    }
    pump(part.map(({ key }) => key));
  }

  /** Nothing of the call goes out before that is over. */
  async function rest(call: SpreadCall, until: () => Promise<unknown>): Promise<void> {
    if (call.resting) return;
    call.resting = true;
    try {
      await until();
    } catch (thrown) {
      giveUpWaiting(call, toFailure(thrown));
    }
    call.resting = false;
    pump(call.tickets.map(({ key }) => key));
  }

  function giveUp(call: SpreadCall, indexes: readonly number[], failure: Failure): void {
    for (const index of indexes) call.hear(index, method.spread.failed(failure));
  }

  function giveUpWaiting(call: SpreadCall, failure: Failure): void {
    const waiting = call.tickets.filter(({ state }) => state === 'waiting');
    for (const ticket of waiting) {
      leave(ticket);
      giveUp(call, ticket.indexes, failure);
    }
    pump(waiting.map(({ key }) => key));
  }

  function leave(ticket: Ticket): void {
    const lane = lanes.get(ticket.key) ?? [];
    const place = lane.indexOf(ticket);
    if (place >= 0) lane.splice(place, 1);
    if (lane.length === 0) lanes.delete(ticket.key);
  }

  /** What has not gone out when the caller stops waiting never will; what has is ended by the connection. */
  function watchCaller(call: SpreadCall): () => void {
    const end = (): void => giveUpWaiting(call, fail('service.timeout'));
    const left = Math.max(0, call.ctx.deadline - clock.monotonic());
    const timer = setTimeout(end, Math.min(left, 2 ** 31 - 1));
    call.ctx.signal?.addEventListener('abort', end);
    return () => {
      clearTimeout(timer);
      call.ctx.signal?.removeEventListener('abort', end);
    };
  }

  return {
    async call(ctx, args, onResult) {
      const keys = method.spread.keys(...args);
      if (keys.length === 0) return [];
      if (items + keys.length > maxItems)
        return keys.map(() => method.spread.failed(fail('service.overloaded', { retryAfterMs: 1_000 })));
      const call = new SpreadCall(ctx, args, keys, onResult);
      for (const ticket of call.tickets) {
        const lane = lanes.get(ticket.key);
        if (lane) lane.push(ticket);
        else lanes.set(ticket.key, [ticket]);
      }
      items += keys.length;
      const release = watchCaller(call);
      pump(call.tickets.map(({ key }) => key));
      try {
        return await call.results;
      } finally {
        release();
        items -= keys.length;
      }
    },
  };
}
