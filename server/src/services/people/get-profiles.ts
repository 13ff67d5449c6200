import type { Context } from '../../kernel/context.ts';
import { type AccountId, isUuid } from '../../kernel/ids.ts';
import { type Profile, unknownProfile } from '../../model/account.ts';
import { toProfile } from '../../model/people-rows.ts';
import type { Parts } from './parts.ts';
import { readProfiles } from './store.ts';

export async function getProfiles(
  parts: Parts,
  ctx: Context,
  ids: readonly AccountId[],
  fresh = false,
): Promise<readonly Profile[]> {
  const found = new Map<AccountId, Profile>();
  const missing = new Set<AccountId>();
  for (const id of ids) {
    const profile = fresh ? undefined : parts.cache.get(id);
    if (profile) found.set(id, profile);
    else if (isUuid(id)) missing.add(id);
  }
  if (missing.size > 0) await readMissing(parts, ctx, missing, found);
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function readMissing(
  parts: Parts,
  ctx: Context,
  missing: Set<AccountId>,
  found: Map<AccountId, Profile>,
): Promise<void> {
  const reading = parts.cache.begin();
  for (const row of await readProfiles(parts.sql, [...missing])) {
    const profile = toProfile(row);
    reading.keep(profile);
    found.set(row.id, profile);
    missing.delete(row.id);
  }
  if (missing.size === 0) return;
  for (const { id, username, name } of await parts.identity.getAccounts(ctx, [...missing])) {
    found.set(id, { ...unknownProfile(id), username, name });
  }
}
