import { addressKey } from '../../../kernel/address-key.ts';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, createId, type SessionId } from '../../../kernel/ids.ts';
import { type AccountRow, toAccount } from '../../../model/identity-rows.ts';
import type { NewAccount, Origin, SignedIn } from '../api.ts';
import type { Parts } from '../parts.ts';
import { createRefreshToken } from '../sessions/opaque-tokens.ts';
import { insertSession } from '../sessions/session-store.ts';
import { insertAccounts, type NewRow, type Queryable, readByEmail } from '../store.ts';
import { sendVerification } from './e-mail-codes.ts';
import { numberUsername, parseAccount } from './parse-account.ts';

const closedTexts = {
  invited: 'Nobody can sign up here: an administrator creates the accounts.',
  closed: 'Nobody can sign up here: no accounts are created on this server.',
};

/** Two sign-ups for one name at once: the unique index lets one through, the other reads `account.taken`. */
export async function signUp(parts: Parts, ctx: Context, account: NewAccount, origin: Origin): Promise<SignedIn> {
  if (parts.config.signUp !== 'open') throw fail('action.forbidden', closedTexts[parts.config.signUp]);
  const parsed = parseAccount(account);
  const hash =
    parsed.password === null ? null : await parts.hasher.hash(ctx, parsed.password, addressKey(origin.address ?? ''));
  const { admins } = parts.config;
  // An administrator's name is for who asks for it, not for whose address happens to begin with it.
  const usernames =
    account.username === undefined
      ? [...numberUsername(parsed.username)].filter((name) => !admins.includes(name))
      : [parsed.username];
  const refresh = createRefreshToken(createId<SessionId>());
  const row = await parts.sql.transaction(async (tx) => {
    const rows = usernames.map((username) => ({
      ...parsed,
      username,
      name: account.name === undefined ? username : parsed.name,
      id: createId<AccountId>(),
      admin: admins.includes(username),
      hash,
    }));
    const created = await insertFirstFree(tx, rows);
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

async function insertFirstFree(tx: Queryable, rows: readonly NewRow[]): Promise<AccountRow> {
  for (const row of rows) {
    const [created] = await insertAccounts(tx, [row]);
    if (created) return created;
    if (row.email !== null && (await readByEmail(tx, row.email))) break;
  }
  throw fail('account.taken');
}
