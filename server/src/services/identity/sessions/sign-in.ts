import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, createId, type SessionId } from '../../../kernel/ids.ts';
import { accountLimits } from '../../../model/account.ts';
import { checkText } from '../../../model/content.ts';
import { type AccountRow, toAccount } from '../../../model/identity-rows.ts';
import { foldUsername } from '../accounts/parse-account.ts';
import type { Origin, SignedIn } from '../api.ts';
import type { Parts } from '../parts.ts';
import { readByEmail, readByUsername, readPassword } from '../store.ts';
import { createRefreshToken } from './opaque-tokens.ts';
import { insertSession } from './session-store.ts';

/** Asked for in the place of an unknown account: the same statement takes the same time. */
const nobody = '00000000-0000-0000-0000-000000000000' as AccountId;

/**
 * Nothing but the right password learns anything: an unknown login, an account without a password and a wrong password take the
 * same work and read the same, and a suspension is told only to who knows the password.
 */
export async function signIn(
  parts: Parts,
  ctx: Context,
  { login, password }: { readonly login: string; readonly password: string },
  origin: Origin,
): Promise<SignedIn> {
  checkText(login);
  checkText(password);
  if (login.length > accountLimits.email || password.length > accountLimits.passwordMax)
    throw fail('credentials.wrong');
  const { limits } = parts;
  const loginKey = login.toLowerCase();
  if (origin.address !== undefined) limits.address.demand(origin.address);
  limits.login.demand(loginKey);

  const row = await findAccount(parts, login);
  const stored = await readPassword(parts.sql, row?.id ?? nobody);
  if (!(await parts.hasher.verify(ctx, password, stored)) || !row) throw fail('credentials.wrong');

  limits.login.giveBack(loginKey);
  if (origin.address !== undefined) limits.address.giveBack(origin.address);
  if (row.suspended) throw fail('account.suspended');
  const refresh = createRefreshToken(createId<SessionId>());
  const { session } = refresh;
  // False: suspended, deleted or given another password in this very moment.
  if (!(await parts.sql.transaction((tx) => insertSession(tx, row.id, stored, refresh, origin))))
    throw fail('credentials.wrong');
  const access = await parts.tokens.issue({ account: row.id, session, username: row.username, admin: row.admin });
  return {
    account: toAccount(row),
    session,
    tokens: { access, refresh: refresh.text, expiresIn: parts.config.accessTokenSeconds },
  };
}

/** An e-mail address holds an @, a username cannot. */
async function findAccount(parts: Parts, login: string): Promise<AccountRow | null> {
  if (login.includes('@')) return readByEmail(parts.sql, login);
  const [row] = await readByUsername(parts.sql, [foldUsername(login)]);
  return row ?? null;
}
