import { addressKey } from '../../../kernel/address-key.ts';
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
import { insertSession, readSessions } from './session-store.ts';

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
  if (login.length > accountLimits.email || [...password].length > accountLimits.passwordMax)
    throw fail('credentials.wrong');
  const { guesses } = parts.limits;
  const address = addressKey(origin.address ?? '');
  const guess = { login: login.toLowerCase(), address };
  const row = await findAccount(parts, login);
  const retryAfterMs = guesses.check(guess);
  // Many have failed, and this address among them: it may still be the owner's.
  if (retryAfterMs > 0 && (guesses.isSpent(guess) || !row || !(await isKnownAddress(parts, row, address)))) {
    throw fail('rate.limited', { retryAfterMs });
  }
  const stored = await readPassword(parts.sql, row?.id ?? nobody);
  guesses.begin(guess);
  const isRight = await parts.hasher.verify(ctx, password, stored, address).catch((thrown: unknown) => {
    // Refused before it was looked at.
    guesses.takeBack(guess);
    throw thrown;
  });
  if (!isRight || !row) {
    guesses.fail(guess);
    throw fail('credentials.wrong');
  }
  guesses.takeBack(guess);
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

/** A live session of the account has been used from there. */
async function isKnownAddress(parts: Parts, row: AccountRow, address: string): Promise<boolean> {
  const sessions = await readSessions(parts.sql, parts.config.sessionDays, row.id);
  return sessions.some((session) => session.address !== null && addressKey(session.address) === address);
}

/** An e-mail address holds an @, a username cannot. */
async function findAccount(parts: Parts, login: string): Promise<AccountRow | null> {
  if (login.includes('@')) return readByEmail(parts.sql, login);
  const [row] = await readByUsername(parts.sql, [foldUsername(login)]);
  return row ?? null;
}
