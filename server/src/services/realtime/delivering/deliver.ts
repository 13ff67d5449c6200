import type { Clock } from '../../../kernel/clock.ts';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { type Delivery, type DurableDelivery, isDurable, type UserDelivery } from '../../../model/delivery.ts';
import type { RealtimeApi } from '../api.ts';
import { closeCodes, type RealtimeConfig } from '../config.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Outbound } from '../connections/outbound.ts';
import type { HubIndex } from '../hub-index.ts';
import type { Starter } from '../serving/starter.ts';
import type { Ephemerals } from './ephemerals.ts';
import type { FanOut } from './fan-out.ts';
import type { Members, MembersDelivery } from './members.ts';
import type { Pipeline } from './pipeline.ts';
import type { Profiles } from './profiles.ts';
import type { Verifier } from './verifier.ts';

/**
 * Takes a batch of the router: sorts it by conversation, keeping each one's order, and hands it on. Calls do not overtake
 * each other. Resolves when everything is queued, or kept for a conversation that has to fetch something first.
 */
export function createDeliver(deps: {
  readonly config: RealtimeConfig;
  readonly index: HubIndex;
  readonly pipeline: Pipeline;
  readonly members: Members;
  readonly starter: Starter;
  readonly ephemerals: Ephemerals;
  readonly profiles: Profiles;
  readonly fanOut: FanOut;
  readonly outbound: Outbound;
  readonly verifier: Verifier;
  readonly clock: Clock;
  end(connection: LiveConnection, code: number, reason: string): void;
  /** Ends the connection if its session is over. */
  recheck(connection: LiveConnection): void;
}): RealtimeApi['deliver'] {
  const { config, index, pipeline, members, starter, ephemerals, profiles, fanOut, outbound, verifier, clock } = deps;
  let last: Promise<void> | null = null;
  /** Deliveries of the calls that are not over. */
  let waiting = 0;

  async function take(deliveries: readonly Delivery[]): Promise<void> {
    for (let at = 0; at < deliveries.length; at += config.deliveriesPerTurn) {
      if (verifier.deaf) await verifier.deaf;
      const part =
        deliveries.length <= config.deliveriesPerTurn
          ? deliveries
          : deliveries.slice(at, at + config.deliveriesPerTurn);
      const unknown = unknownSenders(part);
      if (unknown) await profiles.load(unknown);
      sort(part);
      // Sockets are written to in the loop's next turn; a long backlog of batches must not put that off for ever.
      if (outbound.waiting >= config.writesPerTurn || at + part.length < deliveries.length) await outbound.flushed();
    }
  }

  /** A router that has given up waiting brings the batch again: while this hub is deaf its repeats must not pile up. */
  function takeInTime({ signal, deadline }: Context, deliveries: readonly Delivery[]): Promise<void> {
    // Over the wire the signal is that of the router's stream, which goes on.
    if (signal?.aborted || clock.monotonic() >= deadline) throw fail('service.timeout');
    return take(deliveries);
  }

  function unknownSenders(deliveries: readonly Delivery[]): Set<AccountId> | null {
    let unknown: Set<AccountId> | null = null;
    for (const delivery of deliveries) {
      if (!('message' in delivery) || profiles.has(delivery.message.sender)) continue;
      if (!index.served.has(delivery.conversation)) continue;
      unknown ??= new Set();
      unknown.add(delivery.message.sender);
    }
    return unknown;
  }

  function sort(deliveries: readonly Delivery[]): void {
    const runs = new Map<ConversationId, DurableDelivery[]>();
    for (const delivery of deliveries) {
      if (isDurable(delivery)) {
        const run = runs.get(delivery.conversation);
        if (run) run.push(delivery);
        else runs.set(delivery.conversation, [delivery]);
      } else if (delivery.kind === 'preferences') tellPreferences(delivery);
      else if (delivery.kind !== 'revoked') ephemerals.accept(delivery);
    }
    for (const [conversation, run] of runs) {
      const served = index.served.get(conversation);
      if (served) {
        verifier.touched(served);
        pipeline.accept(served, run);
      } else begin(conversation, run);
    }
  }

  /** Nobody here takes part in the conversation, unless one of these changes lets somebody in. */
  function begin(conversation: ConversationId, run: readonly DurableDelivery[]): void {
    for (const [i, change] of run.entries()) {
      if (change.kind !== 'members') continue;
      if (!letsSomebodyIn(change)) {
        members.late(undefined, change);
        continue;
      }
      const served = index.conversationOf(conversation);
      // Where messages of the new member's own view begin; earlier ones count as changed, not as new.
      served.lastSeq = Math.max(...change.members.map((stay) => stay.joinedSeq));
      starter.fromJoin(served, change.rev);
      pipeline.accept(served, run.slice(i));
      return;
    }
  }

  function letsSomebodyIn(change: MembersDelivery): boolean {
    return change.members.some((stay) => stay.leftRev === null && index.users.has(stay.user));
  }

  /** Of all conversations, whatever a connection follows and whatever is withheld from it: they are no part of a backlog. */
  function tellPreferences(changed: Extract<UserDelivery, { kind: 'preferences' }>): void {
    const user = index.users.get(changed.user);
    if (user) fanOut.tell([...user.connections], changed);
  }

  function revoke({ user, sessions }: Extract<UserDelivery, { kind: 'revoked' }>): void {
    for (const connection of [...(index.users.get(user)?.connections ?? [])]) {
      // Told anew by a replay, "all" may be out of date: the account may have been let in again since.
      if (sessions === 'all') deps.recheck(connection);
      else if (sessions.includes(connection.principal.session)) {
        deps.end(connection, closeCodes.revoked, 'the session has been revoked');
      }
    }
  }

  return (ctx, deliveries) => {
    // The end of a session waits for nothing: neither for what came before it nor for a hub that is deaf.
    for (const delivery of deliveries) if (delivery.kind === 'revoked') revoke(delivery);
    if (deliveries.every((delivery) => delivery.kind === 'revoked')) return Promise.resolve();
    // The router brings them again; without the bound, what comes faster than it can be taken would fill the memory.
    if (waiting > 0 && waiting + deliveries.length > config.maxWaitingDeliveries)
      return Promise.reject(fail('service.overloaded'));
    waiting += deliveries.length;
    const mine = last ? last.then(() => takeInTime(ctx, deliveries)) : take(deliveries);
    // A failure is told to the router, which repeats the batch; it must not hold up what follows.
    const done = mine
      .catch(() => {})
      .then(() => {
        waiting -= deliveries.length;
        if (last === done) last = null;
      });
    last = done;
    return mine;
  };
}
