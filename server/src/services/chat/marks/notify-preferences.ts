import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { NotifyRule } from '../../../model/conversation.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { NotifyPreference } from '../api.ts';

interface PreferenceRow {
  readonly user_id: AccountId;
  readonly conversation_id: ConversationId;
  readonly notify: NotifyRule;
  readonly muted_until: string | null;
}

/** Of what is muted, also what no longer is: whoever remembers the answer has a clock too. */
export async function notifyPreferencesOf(
  session: Pick<SqlSession, 'query'>,
  users: readonly AccountId[],
): Promise<readonly NotifyPreference[]> {
  const rows = await session.query<PreferenceRow>(
    `select user_id, conversation_id, notify, muted_until from chat.preferences
     where user_id = any($1::uuid[]) and (notify <> 'all' or muted_until is not null)`,
    [users],
    'chat-notify-preferences',
  );
  return rows.map((row) => ({
    user: row.user_id,
    conversation: row.conversation_id,
    notify: row.notify,
    mutedUntil: row.muted_until,
  }));
}
