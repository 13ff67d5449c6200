import type { Context } from '../../../kernel/context.ts';
import { type AccountId, isUuid } from '../../../kernel/ids.ts';
import type { Account } from '../../../model/account.ts';
import { toAccount } from '../../../model/identity-rows.ts';
import type { Parts } from '../parts.ts';
import { readAccounts, readByUsername } from '../store.ts';
import { foldUsername } from './parse-account.ts';

/** In the order asked, unknown and deleted ones left out. */
export async function getAccounts(parts: Parts, _ctx: Context, ids: readonly AccountId[]): Promise<readonly Account[]> {
  const known = ids.filter(isUuid);
  if (known.length === 0) return [];
  const rows = new Map((await readAccounts(parts.sql, known)).map((row) => [row.id, row]));
  return known.flatMap((id) => {
    const row = rows.get(id);
    return row ? [toAccount(row)] : [];
  });
}

/** By the names as they were asked, whatever their case. */
export async function resolveUsernames(
  parts: Parts,
  _ctx: Context,
  usernames: readonly string[],
): Promise<ReadonlyMap<string, AccountId>> {
  const folded = usernames
    .map((name) => [name, foldUsername(name)] as const)
    .filter(([, name]) => !name.includes('\0'));
  if (folded.length === 0) return new Map();
  const rows = await readByUsername(parts.sql, [...new Set(folded.map(([, name]) => name))]);
  const ids = new Map(rows.map((row) => [row.username, row.id]));
  return new Map(
    folded.flatMap(([asked, name]) => {
      const id = ids.get(name);
      return id ? [[asked, id] as const] : [];
    }),
  );
}
