import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Account } from '../../../model/account.ts';
import type { OwnProfile } from '../../../services/people/api.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './context.ts';

/** An account as its owner sees it, with the profile that others see. */
export type OwnAccount = Account & OwnProfile;

export async function readOwnAccount({ ctx, services }: GraphqlContext): Promise<OwnAccount> {
  const { account: id } = requirePrincipal(ctx);
  const [[account], own] = await Promise.all([services.identity.getAccounts(ctx, [id]), services.people.getOwn(ctx)]);
  if (!account) throw fail('account.unknown');
  return { ...account, ...own };
}

export const ownAccount = builder.objectRef<OwnAccount>('OwnAccount').implement({
  description: 'My account and profile.',
  fields: (t) => ({
    id: t.exposeID('id'),
    username: t.exposeString('username'),
    name: t.exposeString('name'),
  }),
});

builder.queryField('me', (t) =>
  t.field({ type: ownAccount, description: 'Who asks.', resolve: (_root, _args, context) => readOwnAccount(context) }),
);
builder.mutationField('ping', (t) => t.boolean({ description: 'Nothing.', resolve: () => true }));
