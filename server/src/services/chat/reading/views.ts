import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { type ConversationRow, type MessageRow, toMessage } from '../../../model/chat-rows.ts';
import type { NotifyRule, Role } from '../../../model/conversation.ts';
import type { Message } from '../../../model/message.ts';
import { createEpoch, type Incarnation } from '../../../model/position.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { ConversationView } from '../api.ts';
import { messageColumns } from '../store.ts';
import { lastVisibleSeqSql, mayReadSql } from './visible-sql.ts';

/** unread and mentions count this far and no farther: a client shows "999+". */
export const unreadLimit = 1_000;

/**
 * Counts the messages after `$from` that someone else sent and that are still there; the counting stops at unreadLimit, so that
 * an unread million costs no more than a thousand rows. System messages do not count (rule 20).
 */
export function unreadSql(from: string, conversation: string, user: string): string {
  return `select count(*) as unread, count(*) filter (where mentioned) as mentions from (
      select ${user} = any(u.mentions) as mentioned from chat.messages u
      where u.conversation_id = ${conversation} and u.seq > ${from}
        and u.sender_id <> ${user} and u.deleted_at is null and not u.system
      order by u.seq limit ${unreadLimit}) counted`;
}

interface ViewRow extends ConversationRow {
  readonly last_seq: number;
  readonly last_rev: number;
  readonly role: Role | null;
  readonly delivered: number;
  readonly read: number;
  readonly muted_until: string | null;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly notify: NotifyRule;
  readonly preferences_version: number;
  readonly unread: number;
  readonly mentions: number;
  readonly member_count: number;
  readonly shown_seq: number | null;
}

const viewsSql = `select c.*, h.last_seq, h.last_rev, m.role,
    greatest(r.delivered, m.joined_seq, 0) as delivered, greatest(r.read, m.joined_seq, 0) as read,
    p.muted_until, coalesce(p.archived, false) as archived, coalesce(p.pinned, false) as pinned,
    coalesce(p.notify, 'all') as notify, coalesce(p.version, 0) as preferences_version, coalesce(n.unread, 0) as unread, coalesce(n.mentions, 0) as mentions,
    (select count(*) from chat.memberships a where a.conversation_id = c.id and a.left_rev is null) as member_count,
    ${lastVisibleSeqSql('c', 'h', '$1')} as shown_seq
  from unnest($2::uuid[]) d(id)
  join chat.conversations c on c.id = d.id and c.deleted_rev is null
  join chat.heads h on h.conversation_id = c.id
  left join chat.memberships m on m.conversation_id = c.id and m.user_id = $1 and m.left_rev is null
  left join chat.receipts r on r.conversation_id = c.id and r.user_id = $1
  left join chat.preferences p on p.conversation_id = c.id and p.user_id = $1
  left join lateral (${unreadSql('greatest(r.read, m.joined_seq)', 'c.id', '$1::uuid')}) n on m.role is not null
  where ${mayReadSql('c', '$1', 'm.role is not null')}`;

/** Conversations as `user` sees them, in the order of the ids; those they may not see are left out. Two statements in all. */
export async function readViews(
  session: Pick<SqlSession, 'query'>,
  incarnation: Incarnation,
  user: AccountId,
  ids: readonly ConversationId[],
): Promise<readonly ConversationView[]> {
  if (ids.length === 0) return [];
  const rows = await session.query<ViewRow>(viewsSql, [user, ids], 'chat-views');
  const shown = await readMessages(session, rows);
  const views = new Map(rows.map((row) => [row.id, toView(row, user, incarnation, shown.get(row.id) ?? null)]));
  return ids.flatMap((id) => views.get(id) ?? []);
}

async function readMessages(
  session: Pick<SqlSession, 'query'>,
  rows: readonly ViewRow[],
): Promise<ReadonlyMap<ConversationId, Message>> {
  const messages = await session.query<MessageRow>(
    `select ${messageColumns} from unnest($1::uuid[], $2::int8[]) d(c, s)
     join chat.messages m on m.conversation_id = d.c and m.seq = d.s`,
    [rows.map((row) => row.id), rows.map((row) => row.shown_seq)],
    'chat-shown',
  );
  return new Map(messages.map((row) => [row.conversation_id, toMessage(row)]));
}

function toView(
  row: ViewRow,
  user: AccountId,
  incarnation: Incarnation,
  lastMessage: Message | null,
): ConversationView {
  const { member_a: a, member_b: b } = row;
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    topic: row.topic,
    avatar: row.avatar,
    visibility: row.visibility,
    history: row.history,
    epoch: createEpoch(row.nonce, incarnation),
    lastSeq: row.last_seq,
    lastRev: row.last_rev,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    role: row.role,
    unread: row.unread,
    mentions: row.mentions,
    delivered: row.delivered,
    read: row.read,
    mutedUntil: row.muted_until,
    archived: row.archived,
    pinned: row.pinned,
    notify: row.notify,
    preferencesVersion: row.preferences_version,
    lastMessage,
    memberCount: row.member_count,
    peer: a === b ? null : a === user ? b : a,
  };
}
