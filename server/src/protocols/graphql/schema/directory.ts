import { userSearch } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import { resolveUsers } from '../../shared/resolve-users.ts';
import { builder } from './builder.ts';
import { readConnection } from './connection.ts';
import type { GraphqlContext } from './context.ts';
import { parseId, parseInput } from './parse-input.ts';
import { user, userConnection } from './user.ts';

builder.queryField('user', (t) =>
  t.field({
    type: user,
    nullable: true,
    description: 'One profile, by id or "@username".',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { ctx, services }) => {
      requirePrincipal(ctx);
      const [profile] = await services.people.getProfiles(ctx, await resolveUsers(services.people, ctx, [id]));
      if (!profile) throw fail('account.unknown');
      return profile;
    },
  }),
);

builder.queryField('users', (t) =>
  t.field({
    type: userConnection,
    nullable: true,
    description: 'People by the beginning of the username or of any word of the name.',
    args: {
      query: t.arg.string({ required: true }),
      first: t.arg.int({ defaultValue: 20, required: true }),
      after: t.arg.string(),
    },
    resolve: (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      return readConnection(args, (page) =>
        services.people.search(ctx, parseInput(userSearch, { query: args.query, ...page })),
      );
    },
  }),
);

type Act = (context: GraphqlContext, id: AccountId) => Promise<void>;

/** Whom I know, whom I block: each is one call about one user. */
const acts: Readonly<Record<string, { readonly description: string; readonly act: Act }>> = {
  addContact: {
    description: 'Keep somebody among my contacts.',
    act: ({ ctx, services }, id) => services.people.setContact(ctx, id, true),
  },
  removeContact: {
    description: 'Take somebody from my contacts.',
    act: ({ ctx, services }, id) => services.people.setContact(ctx, id, false),
  },
  blockUser: {
    description: 'Neither can write to the other directly while it lasts.',
    act: ({ ctx, services }, id) => services.people.setBlock(ctx, id, true),
  },
  unblockUser: {
    description: 'End a block.',
    act: ({ ctx, services }, id) => services.people.setBlock(ctx, id, false),
  },
};

for (const [name, { description, act }] of Object.entries(acts)) {
  builder.mutationField(name, (t) =>
    t.field({
      type: user,
      nullable: true,
      description,
      args: { user: t.arg.id({ required: true }) },
      resolve: async (_root, args, context): Promise<Profile> => {
        const id = parseId<AccountId>(args.user, 'user');
        await act(context, id);
        return context.loaders.profiles.load(id);
      },
    }),
  );
}
