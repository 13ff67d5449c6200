import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { ChatDeps } from '../deps.ts';

/** `account.unknown` naming who. */
export async function checkAccounts(deps: ChatDeps, ctx: Context, members: readonly AccountId[]): Promise<void> {
  if (members.length === 0) return;
  const known = new Set((await deps.people.getProfiles(ctx, members)).map((profile) => profile.id));
  const missing = members.filter((member) => !known.has(member));
  if (missing.length > 0) throw fail('account.unknown', `There is no account ${missing.slice(0, 5).join(', ')}.`);
}
