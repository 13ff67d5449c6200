import type { Head } from '../../chat/trusted-api.ts';
import type { HubNotice, ResumedConversation } from '../api.ts';
import type { Leg } from './leg.ts';

export type Summary = Head & { readonly unread: number; readonly left: boolean };

/** Conversations per `resumed` frame. */
const perFrame = 500;

/**
 * The `resumed` events that end a resume: every conversation of the user in chunks, `more` on all but the last. A named
 * conversation says where its backlog ended, any other stands at its head; one that the user has nothing to do with (any
 * more) is `left`.
 */
export function createResumed(
  ref: string | number | null,
  legs: readonly Leg[],
  summaries: readonly Summary[],
): readonly HubNotice[] {
  const named = new Map(legs.map((leg) => [leg.conversation, leg]));
  const rows: ResumedConversation[] = [];
  for (const summary of summaries) {
    const leg = named.get(summary.conversation);
    named.delete(summary.conversation);
    // Whose stay began or ended meanwhile was told so live, and later than this was read.
    if (leg?.hold.over) continue;
    rows.push(leg ? withLeg(summary, leg) : atHead(summary));
  }
  for (const leg of named.values()) if (!leg.hold.over) rows.push(unknown(leg));
  const events: HubNotice[] = [];
  for (let at = 0; at === 0 || at < rows.length; at += perFrame) {
    const more = at + perFrame < rows.length;
    events.push({ kind: 'resumed', ref, conversations: rows.slice(at, at + perFrame), more });
  }
  return events;
}

function atHead(summary: Summary): ResumedConversation {
  const { conversation, epoch, lastSeq, lastRev, unread, left } = summary;
  return { conversation, epoch, lastSeq, lastRev, seq: lastSeq, rev: lastRev, continuity: 'kept', unread, left };
}

function withLeg(summary: Summary, leg: Leg): ResumedConversation {
  const { seq, rev = 0, epoch } = leg.position;
  return {
    conversation: summary.conversation,
    epoch: leg.read ? epoch : summary.epoch,
    // The summary may have been read before the backlog.
    lastSeq: Math.max(summary.lastSeq, seq),
    lastRev: Math.max(summary.lastRev, rev),
    seq,
    rev,
    continuity: leg.continuity,
    unread: summary.unread,
    left: summary.left,
  };
}

function unknown({ conversation, position }: Leg): ResumedConversation {
  const { epoch, seq, rev = 0 } = position;
  return { conversation, epoch, lastSeq: seq, lastRev: rev, seq, rev, continuity: 'lost', unread: 0, left: true };
}
