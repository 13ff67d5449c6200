import { fail } from '../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import { type MembershipRow, type MessageRow, messageColumns, toMembership, toMessage } from '../../model/chat-rows.ts';
import type { Membership, Role } from '../../model/conversation.ts';
import type { Message, MessageChange } from '../../model/message.ts';
import type { Sql, SqlSession } from '../../ports/sql.ts';
import type { Acting } from './changing/change-conversation.ts';

const snapshotSql = `set transaction isolation level repeatable read, read only;
  set local enable_seqscan = off; set local enable_bitmapscan = off`;

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

/** Changes a stored message under its conversation's head lock; takes the next rev and says in the row what was done (rule 12). */
export async function changeMessage(
  acting: Acting,
  seq: number,
  change: MessageChange,
  columns: Readonly<Record<string, unknown>>,
): Promise<Message> {
  const names = Object.keys(columns);
  const [row] = await acting.tx.query<MessageRow>(
    `update chat.messages set mod_rev = $3, mod = $4${names.map((name, i) => `, ${name} = $${i + 5}`).join('')}
     where conversation_id = $1 and seq = $2 returning ${messageColumns}`,
    [acting.conversation, seq, acting.head.nextRev(), JSON.stringify(change), ...Object.values(columns)],
  );
  if (!row) throw fail('message.unknown');
  return toMessage(row);
}

/** The database's clock: what every time in the chat schema is taken from. */
export async function readClock(tx: SqlSession): Promise<string> {
  const [row] = await tx.query<{ now: string }>('select clock_timestamp() as now', [], 'chat-clock');
  return row?.now ?? '';
}

/** Begins stays that start with the change of this rev. */
export async function insertMemberships(
  tx: SqlSession,
  conversation: ConversationId,
  members: readonly { readonly user: AccountId; readonly role: Role }[],
  joined: { readonly seq: number; readonly rev: number },
): Promise<readonly Membership[]> {
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

/** Changes the role of a present member. */
export async function changeRole(acting: Acting, user: AccountId, role: Role, rev: number): Promise<Membership> {
  const [row] = await acting.tx.query<MembershipRow>(
    `update chat.memberships set role = $3, rev = $4 where conversation_id = $1 and user_id = $2 and left_rev is null
     returning ${membershipColumns}`,
    [acting.conversation, user, role, rev],
  );
  if (!row) throw fail('account.unknown', 'This account is not a member of the conversation.');
  return toMembership(row);
}

export async function countOwners(acting: Acting): Promise<number> {
  const [row] = await acting.tx.query<{ owners: number }>(
    `select count(*) as owners from chat.memberships where conversation_id = $1 and role = 'owner' and left_rev is null`,
    [acting.conversation],
  );
  return row?.owners ?? 0;
}
