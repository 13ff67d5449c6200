import { conversationBody, newConversationBody, preferencesBody } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { resolveUsers } from '../../shared/resolve-users.ts';
import { builder } from './builder.ts';
import { readConnection } from './connection.ts';
import type { GraphqlContext } from './context.ts';
import { conversation, conversationConnection } from './conversation.ts';
import { type ConversationNode, describeConversation, describeConversations } from './conversation-node.ts';
import { conversationKind, historyRule, notifyRule, visibility } from './enums.ts';
import { parseId, parseInput } from './parse-input.ts';

builder.queryFields((t) => ({
  conversations: t.field({
    type: conversationConnection,
    nullable: true,
    description: 'Mine, the last active first.',
    args: {
      first: t.arg.int({ defaultValue: 20, required: true, description: 'At most 100.' }),
      after: t.arg.string(),
    },
    resolve: (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      return readConnection(args, async (page) => {
        const { items, cursors, next } = await services.chat.listConversations(ctx, page);
        return { items: await describeConversations(services, ctx, items), cursors, next };
      });
    },
  }),
  conversation: t.field({
    type: conversation,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => {
      requirePrincipal(context.ctx);
      return readConversation(context, parseId(id));
    },
  }),
}));

async function readConversation({ ctx, services }: GraphqlContext, id: ConversationId): Promise<ConversationNode> {
  return describeConversation(services, ctx, await services.chat.getConversation(ctx, id));
}

const newConversation = builder.inputType('CreateConversationInput', {
  fields: (t) => ({
    id: t.id({ description: "A UUIDv7 that makes a repeat safe; a direct conversation's is derived instead." }),
    kind: t.field({ type: conversationKind, required: true }),
    name: t.string(),
    topic: t.string(),
    avatar: t.string({ description: 'The id of an attachment, or a URL.' }),
    members: t.idList({ description: 'Ids, or "@username".' }),
    visibility: t.field({ type: visibility }),
    history: t.field({ type: historyRule }),
  }),
});

const conversationChange = builder.inputType('UpdateConversationInput', {
  fields: (t) => ({
    name: t.string(),
    topic: t.string({ description: 'null clears it.' }),
    avatar: t.string({ description: 'The id of an attachment, or a URL; null clears it.' }),
    visibility: t.field({ type: visibility }),
    history: t.field({ type: historyRule }),
  }),
});

const preferences = builder.inputType('PreferencesInput', {
  fields: (t) => ({
    mutedUntil: t.field({ type: 'DateTime', description: 'null ends it.' }),
    archived: t.boolean(),
    pinned: t.boolean(),
    notify: t.field({ type: notifyRule }),
  }),
});

interface CreatedView {
  readonly conversation: ConversationNode;
  readonly created: boolean;
}

const created = builder.objectRef<CreatedView>('CreatedConversation').implement({
  fields: (t) => ({
    conversation: t.field({ type: conversation, resolve: (result) => result.conversation }),
    created: t.exposeBoolean('created', { description: 'false: it was there before.' }),
  }),
});

builder.mutationFields((t) => ({
  createConversation: t.field({
    type: created,
    nullable: true,
    args: { input: t.arg({ type: newConversation, required: true }) },
    resolve: async (_root, { input }, { ctx, services }) => {
      requirePrincipal(ctx);
      const { id, members, ...rest } = parseInput(newConversationBody, input);
      const result = await services.chat.createConversation(ctx, {
        ...rest,
        ...(id && { id: id as ConversationId }),
        members: await resolveUsers(services.people, ctx, members),
      });
      return { ...result, conversation: await describeConversation(services, ctx, result.conversation) };
    },
  }),
  updateConversation: t.field({
    type: conversation,
    nullable: true,
    description: 'For admins.',
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: conversationChange, required: true }) },
    resolve: async (_root, { id, input }, { ctx, services }) => {
      requirePrincipal(ctx);
      const change = parseInput(conversationBody, input);
      const view = await services.chat.updateConversation(ctx, parseId<ConversationId>(id), change);
      return describeConversation(services, ctx, view);
    },
  }),
  deleteConversation: t.boolean({
    nullable: true,
    description: 'Ends it for all; for owners.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.chat.deleteConversation(ctx, parseId<ConversationId>(id));
      return true;
    },
  }),
  setPreferences: t.field({
    type: conversation,
    nullable: true,
    description: 'How I want it.',
    args: { conversation: t.arg.id({ required: true }), input: t.arg({ type: preferences, required: true }) },
    resolve: async (_root, args, context) => {
      requirePrincipal(context.ctx);
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      await context.services.chat.setPreferences(context.ctx, id, parseInput(preferencesBody, args.input));
      return readConversation(context, id);
    },
  }),
}));
