import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, createId, type SessionId } from '../../kernel/ids.ts';
import { toAccount } from '../../model/identity-rows.ts';
import type { NewAccount, Origin, SignedIn } from './api.ts';
import { sendVerification } from './e-mail-codes.ts';
import { createRefreshToken } from './opaque-tokens.ts';
import { parseAccount } from './parse-account.ts';
import type { Parts } from './parts.ts';
import { insertSession } from './session-store.ts';
import { insertAccounts } from './store.ts';

/** Two sign-ups for one name at once: the unique index lets one through, the other reads `account.taken`. */
export async function signUp(parts: Parts, ctx: Context, account: NewAccount, origin: Origin): Promise<SignedIn> {
  const parsed = parseAccount(account);
  const hash = parsed.password === null ? null : await parts.hasher.hash(ctx, parsed.password);
  const admin = parts.config.admins.includes(parsed.username);
  const refresh = createRefreshToken(createId<SessionId>());
  const row = await parts.sql.transaction(async (tx) => {
    const [created] = await insertAccounts(tx, [{ ...parsed, id: createId<AccountId>(), admin, hash }]);
    if (!created) throw fail('account.taken');
    await insertSession(tx, created.id, null, refresh, origin);
    return created;
  });
  sendVerification(parts, row);
  const { session } = refresh;
  const access = await parts.tokens.issue({ account: row.id, session, username: row.username, admin: row.admin });
  return {
    account: toAccount(row),
    session,
    tokens: { access, refresh: refresh.text, expiresIn: parts.config.accessTokenSeconds },
  };
}
