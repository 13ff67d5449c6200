import type { ErrorCode } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Draft, Message } from '../../../model/message.ts';
import type { Decide, DraftFacts } from '../../../ports/policy.ts';
import type { AppendResult } from '../api.ts';

/** What the transaction read under the lock. */
export interface Locked {
  readonly heads: ReadonlyMap<
    ConversationId,
    { readonly lastSeq: number; readonly lastRev: number; readonly lastAt: string }
  >;
  /** By `memberKey`, of those whose conversation exists. */
  readonly standings: ReadonlyMap<string, DraftFacts>;
  /** By `draftKey`: messages that were stored under the drafts' ids before. */
  readonly earlier: ReadonlyMap<
    string,
    Pick<Message, 'createdAt' | 'replyTo' | 'thread' | 'mentions'> & {
      readonly seq: number;
      readonly rev: number;
      readonly hash: string;
    }
  >;
  /** `attachmentKey` of those the senders may show; undefined when no draft names one. */
  readonly attachments: ReadonlySet<string> | undefined;
  /** The database's clock after the lock, ISO. */
  readonly now: string;
}

/** A message about to be inserted. */
export interface NewRow {
  readonly draft: Draft;
  readonly seq: number;
  readonly rev: number;
  readonly createdAt: string;
}

export interface Decided {
  /** In the order of the drafts. */
  readonly results: readonly AppendResult[];
  readonly rows: readonly NewRow[];
  /** Heads that have moved. */
  readonly heads: ReadonlyMap<
    ConversationId,
    { readonly lastSeq: number; readonly lastRev: number; readonly lastAt: string }
  >;
}

type Refused = { readonly code: ErrorCode; readonly detail?: string };

export const memberKey = (draft: Draft): string => `${draft.conversation} ${draft.sender}`;
export const draftKey = (draft: Draft): string => `${draft.conversation} ${draft.sender} ${draft.id}`;
export const attachmentKey = (draft: Draft): string => `${draft.sender} ${draft.attachment}`;

/**
 * Gives every draft its answer and every new message its seq and rev, in memory, between the two round trips of a batch
 * (MESSAGE-PATH rule 1). Pure. Repeats are answered before membership is looked at, so that a retry after a removal still
 * gets the first answer (rule 5).
 */
export function decideAppend(drafts: readonly Draft[], locked: Locked, decide: Decide): Decided {
  const heads = new Map<ConversationId, { lastSeq: number; lastRev: number; lastAt: string }>();
  const stored = new Map(locked.earlier);
  const rows: NewRow[] = [];
  const results = drafts.map((draft): AppendResult => {
    const key = draftKey(draft);
    const first = stored.get(key);
    if (first) {
      if (first.hash !== draft.hash) return { code: 'message.conflict' };
      const { seq, rev, createdAt, replyTo, thread, mentions } = first;
      return { seq, rev, createdAt, repeated: true, first: { replyTo, thread, mentions } };
    }
    const head = heads.get(draft.conversation) ?? locked.heads.get(draft.conversation);
    if (!head) return absent;
    const refused = refuse(draft, head.lastSeq, locked, decide);
    if (refused) return refused;
    // Wall clocks jump; a conversation's times do not go back (rule 6).
    const createdAt = head.lastAt > locked.now ? head.lastAt : locked.now;
    const next = { lastSeq: head.lastSeq + 1, lastRev: head.lastRev + 1, lastAt: createdAt };
    heads.set(draft.conversation, next);
    rows.push({ draft, seq: next.lastSeq, rev: next.lastRev, createdAt });
    const { hash, replyTo, thread, mentions } = draft;
    stored.set(key, { seq: next.lastSeq, rev: next.lastRev, hash, createdAt, replyTo, thread, mentions });
    return { seq: next.lastSeq, rev: next.lastRev, createdAt, repeated: false };
  });
  return { results, rows, heads };
}

/** Whoever acts on a conversation that does not exist is told what an outsider is told. */
const absent: Refused = { code: 'conversation.forbidden' };

function refuse(draft: Draft, lastSeq: number, locked: Locked, decide: Decide): Refused | null {
  const facts = locked.standings.get(memberKey(draft));
  if (!facts) return absent;
  const { sender, session, admin } = draft;
  const decision = decide('send', { account: sender, session, admin }, facts);
  if (!decision.allowed) {
    const { code, detail } = decision;
    return detail === undefined ? { code } : { code, detail };
  }
  if ((draft.replyTo ?? 0) > lastSeq)
    return { code: 'request.invalid', detail: 'replyTo names a seq that does not exist.' };
  if ((draft.thread ?? 0) > lastSeq)
    return { code: 'request.invalid', detail: 'thread names a seq that does not exist.' };
  if (draft.attachment && !locked.attachments?.has(attachmentKey(draft))) return { code: 'attachment.unknown' };
  return null;
}
