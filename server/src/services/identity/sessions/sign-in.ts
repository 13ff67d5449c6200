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

interface Attempt {
  readonly address: string;
  readonly password: string;
  /** Milliseconds; 0: nobody has to wait. */
  readonly retryAfterMs: number;
}

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
  if (retryAfterMs > 0 && guesses.isSpent(guess)) throw fail('rate.limited', { retryAfterMs });
  // Counted before anything is waited for: guesses that come together find each other counted.
  const takeBack = guesses.begin(guess);
  const { stored, isRight } = await compare(parts, ctx, row, { address, password, retryAfterMs }).catch(
    (thrown: unknown) => {
      // Refused before it was looked at.
      takeBack();
      throw thrown;
    },
  );
  if (!isRight || !row) {
    guesses.fail(guess);
    throw fail('credentials.wrong');
  }
  takeBack();
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

/** `rate.limited` where many have failed at the login, and this address among them: it may still be the owner's. */
async function compare(parts: Parts, ctx: Context, row: AccountRow | null, attempt: Attempt) {
  const { address, password, retryAfterMs } = attempt;
  if (retryAfterMs > 0 && (!row || !(await isKnownAddress(parts, row, address))))
    throw fail('rate.limited', { retryAfterMs });
  const stored = await readPassword(parts.sql, row?.id ?? nobody);
  return { stored, isRight: await parts.hasher.verify(ctx, password, stored, address) };
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
