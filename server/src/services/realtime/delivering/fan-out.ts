import type { Metrics } from '../../../kernel/metrics.ts';
import { holdsRev, holdsSeq } from '../../../model/conversation.ts';
import type { DurableDelivery } from '../../../model/delivery.ts';
import type { HubEvent } from '../api.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Outbound } from '../connections/outbound.ts';
import type { Dialects, Encoded } from '../dialect.ts';
import type { Member, ServedConversation } from '../served-conversation.ts';

/** A change of what was said, as opposed to who may hear it. */
export type ContentDelivery = Extract<
  DurableDelivery,
  { readonly kind: 'message' | 'edited' | 'deleted' | 'reaction' | 'pinned' }
>;

/**
 * Queues changes to the connections they concern: in order, encoded once per protocol. Connections whose protocol cannot say what
 * they are to be told are lost: they come back and resume. The others hear it (rule 32).
 */
export interface FanOut {
  /** Consecutive changes of one conversation, to every member whose stay holds them. */
  content(served: ServedConversation, changes: readonly ContentDelivery[]): void;
  /**
   * One event to some connections. `rev`: it is durable, so connections that the conversation is withheld from only note it.
   * Without a rev it is passed over for those: it may be lost.
   */
  tell(
    connections: readonly LiveConnection[],
    event: HubEvent,
    about?: { served: ServedConversation; rev?: number },
  ): void;
  /** One event to one connection, past what is withheld from it. */
  tellOne(connection: LiveConnection, event: HubEvent): void;
  /**
   * Comings and goings in a very big conversation are told to nobody one by one (rule 19), yet they take revs. One event tells
   * of all of them ahead of the next change, in the same write, or its rev would be a jump and every client would resume.
   */
  tellUntold(served: ServedConversation): void;
}

export function createFanOut(deps: {
  readonly dialects: Dialects;
  readonly outbound: Outbound;
  readonly metrics: Metrics;
  /** Ends connections that cannot be kept right: they resume. */
  lose(connections: readonly LiveConnection[]): void;
}): FanOut {
  const { outbound, dialects } = deps;
  const deliveries = deps.metrics.counter('parley_realtime_deliveries_total', 'Events queued to connections.');

  function hand(connection: LiveConnection, frames: Encoded): void {
    if (typeof frames === 'string') deps.lose([connection]);
    else if (frames !== null) outbound.enqueue(connection, frames);
  }

  function content(served: ServedConversation, changes: readonly ContentDelivery[]): void {
    tellUntold(served);
    const forAll = changes.every((change) => seqOf(change) > served.maxJoinedSeq && change.rev >= served.maxJoinedRev);
    const audience = served.audience();
    for (const connection of audience) {
      if (connection.only !== null && !connection.only.has(served.id)) continue;
      // The path of nearly every message: nothing to decide per recipient.
      if (forAll && connection.holds === null) hand(connection, connection.dialect.encodeRun(changes));
      else contentTo(connection, served, changes);
    }
    deliveries.add(audience.length * changes.length);
    dialects.forgetRun();
  }

  function contentTo(
    connection: LiveConnection,
    served: ServedConversation,
    changes: readonly ContentDelivery[],
  ): void {
    const member = served.members.get(connection.user.id);
    if (!member) return;
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i] as ContentDelivery;
      if (!admits(connection, served, change.rev) || !isOpenTo(member, change)) continue;
      hand(connection, connection.dialect.encodeOne(changes, i));
    }
  }

  /** No backlog tells of members and settings, so what is said of them must not fall between backlog and live. */
  function tellLater(connection: LiveConnection, served: ServedConversation, event: HubEvent): void {
    const hold = connection.holds?.get(served.id);
    // Of what `since` stands for there is nothing to say but the rev, and that the backlog brings.
    if (!hold || event.kind !== 'conversation' || event.since !== undefined) return;
    if (hold.withheld) {
      hold.changed = true;
      return;
    }
    tellOne(connection, { ...event, rev: hold.floor });
  }

  function tellUntold(served: ServedConversation): void {
    if (served.untold === null) return;
    const { since, rev } = served.untold;
    served.untold = null;
    const conversation = { id: served.id };
    tell(served.audience(), { kind: 'conversation', change: 'updated', rev, since, conversation }, { served, rev });
  }

  function tell(
    connections: readonly LiveConnection[],
    event: HubEvent,
    about?: { served: ServedConversation; rev?: number },
  ): void {
    const run = [event];
    for (const connection of connections) {
      if (connection.gone) continue;
      if (about && connection.only !== null && !connection.only.has(about.served.id)) continue;
      if (about && connection.holds !== null && !admits(connection, about.served, about.rev ?? 0)) {
        tellLater(connection, about.served, event);
        continue;
      }
      hand(connection, connection.dialect.encodeRun(run));
    }
    deliveries.add(connections.length);
    dialects.forgetRun();
  }

  function tellOne(connection: LiveConnection, event: HubEvent): void {
    if (!connection.gone) hand(connection, connection.dialect.encode(event));
  }

  return { content, tell, tellOne, tellUntold };
}

/** Whether a change may go out to a connection that holds something back; rev 0: it has none. */
function admits(connection: LiveConnection, served: ServedConversation, rev: number): boolean {
  const hold = connection.holds?.get(served.id);
  if (!hold) return true;
  if (hold.withheld) {
    if (rev > hold.seen) hold.seen = rev;
    return false;
  }
  if (rev === 0) return true;
  if (rev <= hold.floor) return false;
  // Revs rise from here on, so the floor has done its work.
  connection.holds?.delete(served.id);
  if (connection.holds?.size === 0) connection.holds = null;
  return true;
}

/**
 * Rule 17, read strictly: a message goes to the stay that holds its seq. A later change of it must be held by rev and by
 * seq, or an edit would show an older message to somebody who may only read from their joining on.
 */
function isOpenTo(member: Member, change: ContentDelivery): boolean {
  const stay = { joinedSeq: member.joinedSeq, joinedRev: member.joinedRev, leftSeq: null, leftRev: null };
  return holdsSeq(stay, seqOf(change)) && (change.kind === 'message' || holdsRev(stay, change.rev));
}

function seqOf(change: ContentDelivery): number {
  return change.kind === 'message' || change.kind === 'edited' ? (change.message.seq as number) : change.seq;
}
