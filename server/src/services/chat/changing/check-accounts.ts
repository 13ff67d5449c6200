import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { ChatDeps } from '../deps.ts';
import { findEnded } from './ended-accounts.ts';

/** `account.unknown` naming who. A deleted account is shown where it was, and is unknown to who would add it. */
export async function checkAccounts(deps: ChatDeps, ctx: Context, members: readonly AccountId[]): Promise<void> {
  if (members.length === 0) return;
  const [profiles, ended] = await Promise.all([deps.people.getProfiles(ctx, members), findEnded(deps.sql, members)]);
  const known = new Set(profiles.map((profile) => profile.id));
  const missing = members.filter((member) => !known.has(member) || ended.includes(member));
  if (missing.length > 0) throw fail('account.unknown', `There is no account ${missing.slice(0, 5).join(', ')}.`);
}
