import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { type MembershipRow, type MessageRow, toMembership, toMessage } from '../../../model/chat-rows.ts';
import type { Membership, Role } from '../../../model/conversation.ts';
import type { Message, MessageChange } from '../../../model/message.ts';
import { membershipColumns, messageColumns } from '../store.ts';
import type { Acting } from './change-conversation.ts';

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

/** What a message shows, under the head lock. */
export async function findAttachment(acting: Acting, seq: number): Promise<string | null> {
  const [row] = await acting.tx.query<{ attachment: string | null }>(
    'select attachment from chat.messages where conversation_id = $1 and seq = $2',
    [acting.conversation, seq],
  );
  return row?.attachment ?? null;
}

/** A conversation whose head is locked. */
export type Place = Pick<Acting, 'tx' | 'conversation' | 'head'>;

/** Changes the role of a present member. */
export async function changeRole(acting: Place, user: AccountId, role: Role, rev: number): Promise<Membership> {
  const [row] = await acting.tx.query<MembershipRow>(
    `update chat.memberships set role = $3, rev = $4 where conversation_id = $1 and user_id = $2 and left_rev is null
     returning ${membershipColumns}`,
    [acting.conversation, user, role, rev],
  );
  if (!row) throw fail('account.unknown', 'This account is not a member of the conversation.');
  return toMembership(row);
}

export async function countOwners(acting: Place): Promise<number> {
  const [row] = await acting.tx.query<{ owners: number }>(
    `select count(*) as owners from chat.memberships where conversation_id = $1 and role = 'owner' and left_rev is null`,
    [acting.conversation],
  );
  return row?.owners ?? 0;
}
