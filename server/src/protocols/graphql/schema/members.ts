import { receiptBody } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { resolveUsers } from '../../shared/resolve-users.ts';
import { builder } from './builder.ts';
import { member } from './conversation.ts';
import { role } from './enums.ts';
import { parseId, parseInput } from './parse-input.ts';

builder.mutationFields((t) => ({
  putMember: t.field({
    type: member,
    nullable: true,
    description: 'Adds a member or changes the role.',
    args: {
      conversation: t.arg.id({ required: true }),
      user: t.arg.id({ required: true }),
      role: t.arg({ type: role, required: true }),
    },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      const result = await services.chat.putMember(ctx, id, parseId<AccountId>(args.user, 'user'), args.role);
      return result.member;
    },
  }),
  addMembers: t.field({
    type: [member],
    nullable: true,
    description: 'Adds all or none, as MEMBER (READER in a channel); who is one already stays as they are.',
    args: {
      conversation: t.arg.id({ required: true }),
      users: t.arg.idList({ required: true, description: 'Up to 900 ids, or "@username".' }),
    },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      if (args.users.length > 900) throw fail('request.too_large', 'At most 900 members can be added at once.');
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      return services.chat.addMembers(ctx, id, await resolveUsers(services.people, ctx, args.users));
    },
  }),
  joinConversation: t.field({
    type: member,
    nullable: true,
    description: 'Takes part in a public conversation.',
    args: { conversation: t.arg.id({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      const { account } = requirePrincipal(ctx);
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      const [stay] = await services.chat.addMembers(ctx, id, [account]);
      return stay ?? null;
    },
  }),
  removeMember: t.boolean({
    nullable: true,
    description: 'Removing oneself is leaving.',
    args: { conversation: t.arg.id({ required: true }), user: t.arg.id({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      await services.chat.removeMember(ctx, id, parseId<AccountId>(args.user, 'user'));
      return true;
    },
  }),
  putReceipt: t.boolean({
    nullable: true,
    description: 'How far I have received and read, as seqs; never goes back.',
    args: { conversation: t.arg.id({ required: true }), delivered: t.arg.int(), read: t.arg.int() },
    resolve: async (_root, { conversation, ...marks }, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.chat.putReceipt(ctx, parseId(conversation, 'conversation'), parseInput(receiptBody, marks));
      return true;
    },
  }),
  setTyping: t.boolean({
    nullable: true,
    args: { conversation: t.arg.id({ required: true }), on: t.arg.boolean({ required: true }) },
    resolve: async (_root, { conversation, on }, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.chat.setTyping(ctx, parseId(conversation, 'conversation'), on);
      return true;
    },
  }),
}));
