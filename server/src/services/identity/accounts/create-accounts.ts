import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail, toFailure } from '../../../kernel/errors.ts';
import { type AccountId, createId, type SessionId } from '../../../kernel/ids.ts';
import { toAccount } from '../../../model/identity-rows.ts';
import type { IdentityApi, NewAccount, Tokens } from '../api.ts';
import type { Parts } from '../parts.ts';
import { createRefreshToken } from '../sessions/opaque-tokens.ts';
import { insertSession } from '../sessions/session-store.ts';
import { insertAccounts, type NewRow } from '../store.ts';
import { type ParsedAccount, parseAccount } from './parse-account.ts';

type Result = Awaited<ReturnType<IdentityApi['createAccounts']>>[number];

/** MESSAGE-PATH rule 13: no business transaction exceeds a thousand rows. */
const most = 1_000;

/** Accounts made at once from which on the table is analysed. */
const analyseFrom = 100;

/** For administrators: `action.forbidden` for everybody else. */
export async function createAccounts(
  parts: Parts,
  ctx: Context,
  accounts: readonly NewAccount[],
  options: { readonly sessions?: boolean | undefined } = {},
): Promise<readonly Result[]> {
  if (!requirePrincipal(ctx).admin) throw fail('action.forbidden', 'Only administrators may create accounts in bulk.');
  if (parts.config.signUp === 'closed') throw fail('action.forbidden', 'No accounts are created on this server.');
  const results = await createAccountsUnchecked(parts, ctx, accounts);
  return options.sessions ? openSessions(parts, results) : results;
}

/** The same for the program's operator, who needs no account. */
export async function createAccountsUnchecked(
  parts: Parts,
  ctx: Context,
  accounts: readonly NewAccount[],
): Promise<readonly Result[]> {
  if (accounts.length > most) throw fail('request.invalid', `At most ${most} accounts can be created at once.`);
  const parsed = accounts.map(parseOrNull);
  const rows = await hashPasswords(parts, ctx, parsed);
  const created = new Map((await parts.sql.transaction((tx) => insertAccounts(tx, rows))).map((row) => [row.id, row]));
  // So many rows at once, and the planner would go on with what it knew of the table without them.
  if (created.size >= analyseFrom) await parts.sql.query('analyze identity.accounts');
  let next = 0;
  return parsed.map((account): Result => {
    if (!account) return { code: 'request.invalid' };
    const row = created.get(rows[next++]?.id as AccountId);
    return row ? { account: toAccount(row) } : { code: 'account.taken' };
  });
}

/** A first session for every account that was just made. */
async function openSessions(parts: Parts, results: readonly Result[]): Promise<readonly Result[]> {
  const made = results.filter((result) => 'account' in result);
  const sessions = made.map(({ account }) => ({ account, refresh: createRefreshToken(createId<SessionId>()) }));
  await parts.sql.transaction(async (tx) => {
    for (const { account, refresh } of sessions) await insertSession(tx, account.id, null, refresh, {});
  });
  const tokens = new Map<AccountId, Tokens>();
  for (const { account, refresh } of sessions) {
    const owner = { account: account.id, session: refresh.session, username: account.username, admin: account.admin };
    const access = await parts.tokens.issue(owner);
    tokens.set(account.id, { access, refresh: refresh.text, expiresIn: parts.config.accessTokenSeconds });
  }
  return results.map((result) => ('account' in result ? { ...result, tokens: tokens.get(result.account.id) } : result));
}

function parseOrNull(account: NewAccount): ParsedAccount | null {
  try {
    // Numbered names are for people who come one by one.
    return account.username === undefined ? null : parseAccount(account);
  } catch (thrown) {
    if (toFailure(thrown).code === 'request.invalid') return null;
    throw thrown;
  }
}

/** In step with what may run at once, so that a bulk does not take every waiting place from people who sign in. */
async function hashPasswords(
  parts: Parts,
  ctx: Context,
  parsed: readonly (ParsedAccount | null)[],
): Promise<readonly NewRow[]> {
  const rows: NewRow[] = [];
  const accounts = parsed.filter((account) => account !== null);
  const step = parts.config.hashing.atOnce;
  for (let at = 0; at < accounts.length; at += step) {
    const some = accounts.slice(at, at + step).map(async (account) => ({
      ...account,
      id: createId<AccountId>(),
      admin: parts.config.admins.includes(account.username),
      hash:
        account.password === null
          ? null
          : await parts.hasher.hash(ctx, account.password, ctx.principal?.account ?? ctx.requestId),
    }));
    rows.push(...(await Promise.all(some)));
  }
  return rows;
}
