import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, isUuid } from '../../kernel/ids.ts';
import type { PeopleApi } from '../../services/people/api.ts';

/** Ids and `@username`s as ids, in the order given. `account.unknown` names the one that is not known. */
export async function resolveUsers(
  people: Pick<PeopleApi, 'resolveUsernames'>,
  ctx: Context,
  named: readonly string[],
): Promise<readonly AccountId[]> {
  const names = named.filter((name) => name.startsWith('@')).map((name) => name.slice(1).toLowerCase());
  const ids = names.length > 0 ? await people.resolveUsernames(ctx, names) : new Map<string, AccountId>();
  return named.map((name) => {
    const id = name.startsWith('@') ? ids.get(name.slice(1).toLowerCase()) : name;
    if (!id) throw fail('account.unknown', `There is no account ${name}.`);
    if (!isUuid(id)) throw fail('request.invalid', `${name} is neither an id nor "@username".`);
    return id as AccountId;
  });
}
