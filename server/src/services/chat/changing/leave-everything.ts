import { Failure } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { AccountRow } from '../../../model/identity-rows.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import type { Sql } from '../../../ports/sql.ts';
import { changeConversations } from '../lock-heads.ts';
import { findMember } from '../store.ts';
import { markEnded } from './ended-accounts.ts';
import { endStay } from './remove-member.ts';

/** Conversations asked for at once. */
const most = 500;

/** The accounts that these changes of identity end. */
export function endedAccounts(records: readonly BusRecord[]): readonly AccountId[] {
  const rows = records
    .filter(({ value }) => value.source.table === 'accounts')
    .map(({ value }) => value.after as AccountRow | null);
  return [...new Set(rows.flatMap((row) => (row?.deleted_at != null ? [row.id] : [])))];
}

/**
 * A deleted account leaves every group and channel, each in a transaction of its own, as if it had left by itself; its direct
 * conversations stay. Marked first: from then on nobody adds it. Doing it again, after a crash too, does what is left to be done.
 */
export async function leaveEverything(sql: Sql, accounts: readonly AccountId[]): Promise<void> {
  if (accounts.length === 0) return;
  await markEnded(sql, accounts);
  for (const account of accounts) {
    for (let left = most; left === most; ) {
      const conversations = await readShared(sql, account);
      left = conversations.length;
      for (const conversation of conversations) await leave(sql, account, conversation);
    }
  }
}

async function readShared(sql: Sql, account: AccountId): Promise<readonly ConversationId[]> {
  const rows = await sql.query<{ id: ConversationId }>(
    `select c.id from chat.memberships m join chat.conversations c on c.id = m.conversation_id
     where m.user_id = $1 and m.left_rev is null and c.kind <> 'direct' and c.deleted_rev is null limit ${most}`,
    [account],
  );
  return rows.map(({ id }) => id);
}

async function leave(sql: Sql, account: AccountId, conversation: ConversationId): Promise<void> {
  try {
    await changeConversations(sql, [conversation], async (tx, heads) => {
      const head = heads.get(conversation);
      const member = await findMember(tx, conversation, account);
      if (head && member) await endStay({ tx, conversation, head }, member, account);
    });
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'conversation.unknown') throw thrown;
  }
}
