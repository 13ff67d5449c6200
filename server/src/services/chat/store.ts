import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import { type MembershipRow, type MessageRow, toMembership, toMessage } from '../../model/chat-rows.ts';
import type { Membership, Role } from '../../model/conversation.ts';
import type { Message } from '../../model/message.ts';
import type { Sql, SqlSession } from '../../ports/sql.ts';
import { refuseEnded } from './changing/ended-accounts.ts';
import { blocksSql } from './reading/blocked-sql.ts';

export const snapshotSql = `set transaction isolation level repeatable read, read only;
  set local enable_seqscan = off; set local enable_bitmapscan = off`;

/** The columns of a MessageRow, for select lists. */
export const messageColumns = `conversation_id, seq, rev, mod_rev, mod, id, sender_id, content, reply_to, thread, mentions,
  system, created_at, edited_at, deleted_at, reactions, pinned`;

export const membershipColumns = `conversation_id, user_id, role, joined_seq, joined_rev, left_seq, left_rev, rev, joined_at`;

/**
 * A read of several statements that sees one moment. Every statement in it walks an index from a known place and stops at its
 * limit; a planner without statistics, as on a table that has just grown, would rather collect everything and sort it.
 */
export function readSnapshot<T>(sql: Sql, work: (tx: SqlSession) => Promise<T>): Promise<T> {
  return sql.transaction(async (tx) => {
    await tx.query(snapshotSql);
    return await work(tx);
  });
}

export async function findMessage(
  session: Pick<SqlSession, 'query'>,
  conversation: ConversationId,
  seq: number,
): Promise<Message | null> {
  const [row] = await session.query<MessageRow>(
    `select ${messageColumns} from chat.messages where conversation_id = $1 and seq = $2`,
    [conversation, seq],
    'chat-message',
  );
  return row ? toMessage(row) : null;
}

/** The database's clock: what every time in the chat schema is taken from. */
export async function readClock(tx: SqlSession): Promise<string> {
  const [row] = await tx.query<{ now: string }>('select clock_timestamp() as now', [], 'chat-clock');
  return row?.now ?? '';
}

/** Those of `users` who have blocked `user`. */
export async function findBlockers(
  session: Pick<SqlSession, 'query'>,
  user: AccountId,
  users: readonly AccountId[],
): Promise<ReadonlySet<AccountId>> {
  if (users.length === 0) return new Set();
  const rows = await session.query<{ id: AccountId }>(
    `select id from unnest($2::uuid[]) d(id) where ${blocksSql('d.id', '$1')}`,
    [user, users],
    'chat-blockers',
  );
  return new Set(rows.map(({ id }) => id));
}

/** Begins stays that start with the change of this rev. `account.unknown` of whoever has ended. */
export async function insertMemberships(
  tx: SqlSession,
  conversation: ConversationId,
  members: readonly { readonly user: AccountId; readonly role: Role }[],
  joined: { readonly seq: number; readonly rev: number },
): Promise<readonly Membership[]> {
  await refuseEnded(
    tx,
    members.map((m) => m.user),
  );
  const rows = await tx.query<MembershipRow>(
    `insert into chat.memberships (conversation_id, user_id, role, joined_seq, joined_rev, rev, joined_at)
     select $1, user_id, role, $4, $5, $5, clock_timestamp() from unnest($2::uuid[], $3::text[]) d(user_id, role)
     returning ${membershipColumns}`,
    [conversation, members.map((m) => m.user), members.map((m) => m.role), joined.seq, joined.rev],
  );
  return rows.map(toMembership);
}

export async function findMember(
  session: Pick<SqlSession, 'query'>,
  conversation: ConversationId,
  user: AccountId,
): Promise<Membership | null> {
  const [row] = await session.query<MembershipRow>(
    `select ${membershipColumns} from chat.memberships where conversation_id = $1 and user_id = $2 and left_rev is null`,
    [conversation, user],
    'chat-member',
  );
  return row ? toMembership(row) : null;
}
