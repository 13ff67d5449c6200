import DataLoader from 'dataloader';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type ConversationId, isUuid } from '../../../kernel/ids.ts';
import type { ConversationKind, HistoryRule, Role, Visibility } from '../../../model/conversation.ts';
import type { Standing } from '../../../ports/policy.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { blockedInSql } from './blocked-sql.ts';
import { type SeqRange, type Stay, visibleSeqs } from './visible-seqs.ts';

/** A conversation as it stands to one user. */
export interface Reader extends Standing {
  readonly conversation: ConversationId;
  readonly user: AccountId;
  readonly history: HistoryRule;
  /** What is open to everybody while it is public, and to newcomers while `history` is "all": what comes after. */
  readonly publicFrom: number;
  readonly historyFrom: number;
  readonly nonce: string;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly stays: readonly Stay[];
  /** Not a member now, because somebody else ended the last membership. */
  readonly removed: boolean;
}

interface ReaderRow {
  readonly id: ConversationId;
  readonly user_id: AccountId;
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  readonly history: HistoryRule;
  readonly public_from_seq: number;
  readonly history_from_seq: number;
  readonly blocked: boolean | null;
  readonly nonce: string;
  readonly last_seq: number;
  readonly last_rev: number;
  readonly role: Role | null;
  readonly joined_seq: number | null;
  readonly left_seq: number | null;
  readonly left_rev: number | null;
  readonly left_by: AccountId | null;
}

export const readersSql = `select c.id, d.user_id, c.kind, c.visibility, c.history, c.public_from_seq, c.history_from_seq, c.nonce, h.last_seq, h.last_rev,
    s.role, s.joined_seq, s.left_seq, s.left_rev, s.left_by,
    ${blockedInSql('c')} as blocked
  from unnest($1::uuid[], $2::uuid[]) d(conversation_id, user_id)
  join lateral (select * from chat.conversations where id = d.conversation_id and deleted_rev is null offset 0) c on true
  join lateral (select last_seq, last_rev from chat.heads where conversation_id = d.conversation_id offset 0) h on true
  left join lateral (select * from chat.memberships
    where conversation_id = d.conversation_id and user_id = d.user_id offset 0) s on true
  order by c.id, d.user_id, s.joined_rev`;

export interface Pair {
  readonly conversation: ConversationId;
  readonly user: AccountId;
}

export const pairKey = (pair: Pair): string => `${pair.conversation} ${pair.user}`;

/** By `pairKey`; pairs whose conversation does not exist, or no longer, are left out. One statement, one snapshot. */
export async function loadReaders(
  session: Pick<SqlSession, 'query'>,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<string, Reader>> {
  const rows = await session.query<ReaderRow>(
    readersSql,
    [pairs.map((pair) => pair.conversation), pairs.map((pair) => pair.user)],
    'chat-readers',
  );
  const readers = new Map<string, Loading>();
  for (const row of rows) {
    const key = pairKey({ conversation: row.id, user: row.user_id });
    const reader = readers.get(key) ?? toReader(row);
    readers.set(key, reader);
    if (row.joined_seq === null) continue;
    reader.stays.push({ joinedSeq: row.joined_seq, leftSeq: row.left_seq });
    if (row.left_rev === null) reader.role = row.role;
    reader.removed = row.left_by !== null && row.left_by !== row.user_id;
  }
  return readers;
}

type Loading = Reader & { role: Role | null; stays: Stay[]; removed: boolean };

function toReader(row: ReaderRow): Loading {
  return {
    conversation: row.id,
    user: row.user_id,
    kind: row.kind,
    visibility: row.visibility,
    history: row.history,
    publicFrom: row.public_from_seq,
    historyFrom: row.history_from_seq,
    blocked: row.blocked === true,
    nonce: row.nonce,
    lastSeq: row.last_seq,
    lastRev: row.last_rev,
    role: null,
    stays: [],
    removed: false,
  };
}

/** What a decision may rest on. */
export function standingOf({ kind, visibility, role, blocked }: Reader): Standing {
  return { kind, visibility, role, blocked };
}

/** Members read, and everybody reads a public conversation. Leaving ends all reads (rule 17). */
export function mayRead(reader: Reader): boolean {
  return reader.role !== null || reader.visibility === 'public';
}

/** What the reader may see of the messages: what was said since the conversation is public, and what a member's stays hold. */
export function readableSeqs(reader: Reader): readonly SeqRange[] {
  const open = reader.visibility === 'public' ? [{ joinedSeq: reader.publicFrom, leftSeq: null }] : [];
  return visibleSeqs(reader.role === null ? open : [...open, ...reader.stays], reader.lastSeq);
}

/**
 * Where the stay of somebody who comes now begins. `history: "all"` opens what was said since that rule holds, `"since-join"` what comes
 * from now on. Nobody comes further back by joining a public conversation than everybody may read.
 */
export function joinSeqOf(
  reader: Pick<Reader, 'history' | 'visibility' | 'historyFrom' | 'publicFrom' | 'lastSeq'>,
): number {
  if (reader.history === 'since-join') return reader.lastSeq;
  return reader.visibility === 'public' ? Math.max(reader.historyFrom, reader.publicFrom) : reader.historyFrom;
}

/** `conversation.unknown` to who may not read it: its very existence is private. */
export type RequireReader = (pair: Pair) => Promise<Reader>;

/**
 * Those who ask in the same turn of the event loop share one statement, which begins after the last of them has asked, so that
 * each sees what was committed before.
 */
export function createRequireReader(session: Pick<SqlSession, 'query'>): RequireReader {
  const loader = new DataLoader<Pair, Reader | null>(
    async (pairs) => {
      const readers = await loadReaders(session, [...new Map(pairs.map((pair) => [pairKey(pair), pair])).values()]);
      return pairs.map((pair) => readers.get(pairKey(pair)) ?? null);
    },
    { cache: false, maxBatchSize: 100, batchScheduleFn: (run) => void setImmediate(run) },
  );
  return async (pair) => {
    // PostgreSQL would refuse the whole statement.
    const reader = isUuid(pair.conversation) ? await loader.load(pair) : null;
    if (!reader || !mayRead(reader)) throw fail('conversation.unknown');
    return reader;
  };
}
