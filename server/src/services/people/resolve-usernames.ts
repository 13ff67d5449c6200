import type { Context } from '../../kernel/context.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { Parts } from './parts.ts';
import { readByUsername } from './store.ts';

/** Keys are the names as they were asked. */
export async function resolveUsernames(
  parts: Parts,
  ctx: Context,
  usernames: readonly string[],
): Promise<ReadonlyMap<string, AccountId>> {
  const asked = usernames.filter((name) => /^[A-Za-z0-9_.-]{3,32}$/.test(name));
  if (asked.length === 0) return new Map();
  const rows = await readByUsername(parts.sql, [...new Set(asked.map((name) => name.toLowerCase()))]);
  const ids = new Map(rows.map((row) => [row.username, row.id]));
  const unknown = asked.filter((name) => !ids.has(name.toLowerCase()));
  const late: ReadonlyMap<string, AccountId> =
    unknown.length === 0 ? new Map() : await parts.identity.resolveUsernames(ctx, unknown);
  return new Map(
    asked.flatMap((name) => {
      const id = ids.get(name.toLowerCase()) ?? late.get(name);
      return id ? [[name, id] as const] : [];
    }),
  );
}
