import { fail } from '../../kernel/errors.ts';
import type { ConversationId } from '../../kernel/ids.ts';
import { type Sql, SqlError, type SqlSession } from '../../ports/sql.ts';

/** A conversation's head, locked by the present transaction. */
export interface LockedHead {
  readonly conversation: ConversationId;
  readonly lastSeq: number;
  /** The last rev given out, those of this transaction included. */
  readonly lastRev: number;
  readonly lastAt: string;
  /** Takes the next rev for a change of this transaction. */
  nextRev(): number;
}

export interface HeadRow {
  readonly conversation_id: ConversationId;
  readonly last_seq: number;
  readonly last_rev: number;
  readonly last_at: string;
}

/** Locks in id order, so that two transactions over the same conversations never wait for each other in a circle. */
export const lockHeadsSql = `select conversation_id, last_seq, last_rev, last_at from chat.heads
  where conversation_id = any($1::uuid[]) order by conversation_id for no key update`;

const attempts = 3;

/**
 * The one way to change a conversation apart from appending (MESSAGE-PATH rule 2): one transaction in which the heads are
 * locked first. `work` reads roles with statements of its own, whose snapshots are newer than the lock, takes revs with
 * `nextRev`, and writes; the heads are written back with the commit.
 * Errors: `conversation.unknown` when a head is missing, `service.timeout` when the lock cannot be had.
 */
export async function changeConversations<T>(
  sql: Sql,
  ids: readonly ConversationId[],
  work: (tx: SqlSession, heads: ReadonlyMap<ConversationId, LockedHead>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sql.transaction(async (tx) => {
        const heads = await lockHeads(tx, ids);
        const result = await work(tx, heads);
        await writeHeads(tx, heads);
        return result;
      });
    } catch (thrown) {
      if (!(thrown instanceof SqlError) || !isLockTrouble(thrown)) throw thrown;
      if (attempt === attempts) throw fail('service.timeout', { cause: thrown });
    }
  }
}

/** A deadlock or a lock that was not had within lock_timeout: nothing was written, trying again is safe. */
export function isLockTrouble(error: SqlError): boolean {
  return error.sqlState === '40P01' || error.sqlState === '55P03';
}

class Head implements LockedHead {
  readonly conversation: ConversationId;
  readonly lastSeq: number;
  readonly lastAt: string;
  readonly lockedRev: number;
  lastRev: number;

  constructor(row: HeadRow) {
    this.conversation = row.conversation_id;
    this.lastSeq = row.last_seq;
    this.lastRev = row.last_rev;
    this.lockedRev = row.last_rev;
    this.lastAt = row.last_at;
  }

  nextRev(): number {
    this.lastRev += 1;
    return this.lastRev;
  }
}

async function lockHeads(tx: SqlSession, ids: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, Head>> {
  const [, rows] = await Promise.all([
    tx.query(`set local lock_timeout = '2s'`),
    tx.query<HeadRow>(lockHeadsSql, [ids], 'chat-lock-heads'),
  ]);
  const heads = new Map(rows.map((row) => [row.conversation_id, new Head(row)]));
  if (ids.some((id) => !heads.has(id))) throw fail('conversation.unknown');
  return heads;
}

async function writeHeads(tx: SqlSession, heads: ReadonlyMap<ConversationId, Head>): Promise<void> {
  const changed = [...heads.values()].filter((head) => head.lastRev !== head.lockedRev);
  if (changed.length === 0) return;
  await tx.query(
    `update chat.heads h set last_rev = d.rev from unnest($1::uuid[], $2::int8[]) d(conversation, rev)
     where h.conversation_id = d.conversation`,
    [changed.map((head) => head.conversation), changed.map((head) => head.lastRev)],
  );
}
