import { type Context, type Principal, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, isUuid } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';
import { toProfile } from '../../model/people-rows.ts';
import type { Block } from './api.ts';
import type { Parts } from './parts.ts';
import {
  deleteContact,
  endBlock,
  insertBlock,
  insertContact,
  mostRelations,
  readBlocked,
  readBlocksAgainst,
  readContacts,
} from './relation-store.ts';
import { insertProfiles, readProfiles } from './store.ts';

export async function listContacts(parts: Parts, ctx: Context): Promise<readonly Profile[]> {
  return (await readContacts(parts.sql, requirePrincipal(ctx).account)).map(toProfile);
}

export async function setContact(parts: Parts, ctx: Context, user: AccountId, on: boolean): Promise<void> {
  const { account } = requirePrincipal(ctx);
  if (!on) return isUuid(user) ? deleteContact(parts.sql, account, user) : undefined;
  await requireOther(parts, ctx, requirePrincipal(ctx), user);
  if (!(await insertContact(parts.sql, account, user))) throw listFull();
}

export async function listBlocks(parts: Parts, ctx: Context): Promise<readonly Profile[]> {
  return (await readBlocked(parts.sql, requirePrincipal(ctx).account)).map(toProfile);
}

export async function setBlock(parts: Parts, ctx: Context, user: AccountId, on: boolean): Promise<void> {
  const { account } = requirePrincipal(ctx);
  if (!on) return isUuid(user) ? endBlock(parts.sql, account, user) : undefined;
  await requireOther(parts, ctx, requirePrincipal(ctx), user);
  if (!(await insertBlock(parts.sql, account, user))) throw listFull();
}

export async function blocksAgainst(
  parts: Parts,
  _ctx: Context,
  users: readonly AccountId[],
): Promise<readonly Block[]> {
  return readBlocksAgainst(parts.sql, users.filter(isUuid));
}

/** Somebody else, who exists, and whose profile is here from now on: lists are joined with profiles. */
async function requireOther(parts: Parts, ctx: Context, principal: Principal, user: AccountId): Promise<void> {
  if (user === principal.account) throw fail('request.invalid', 'Name somebody other than yourself.');
  if (!isUuid(user)) throw fail('account.unknown');
  const [row] = await readProfiles(parts.sql, [user]);
  if (row?.deleted) throw fail('account.unknown');
  if (row) return;
  const [late] = await parts.identity.getAccounts(ctx, [user]);
  if (!late) throw fail('account.unknown');
  await parts.sql.transaction((tx) => insertProfiles(tx, [late]));
}

function listFull() {
  return fail('request.invalid', `The list holds ${mostRelations} people at the most.`);
}
