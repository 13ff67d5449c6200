import type { Membership } from '../../../model/conversation.ts';
import type { Receipt } from '../../../services/chat/api.ts';
import { builder } from './builder.ts';
import { connectionOf, readConnection } from './connection.ts';
import type { ConversationNode } from './conversation-node.ts';
import { conversationKind, historyRule, notifyRule, role, visibility } from './enums.ts';
import { historyArgs, messageConnection, readHistory } from './history.ts';
import { message } from './message.ts';
import { user } from './user.ts';

export const member = builder.objectRef<Membership>('Member').implement({
  fields: (t) => ({
    user: t.field({ type: user, resolve: (stay, _args, { loaders }) => loaders.profiles.load(stay.user) }),
    role: t.expose('role', { type: role }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime' }),
  }),
});

const receipt = builder.objectRef<Receipt>('Receipt').implement({
  description: 'How far a member has received and read.',
  fields: (t) => ({
    user: t.field({ type: user, resolve: (mark, _args, { loaders }) => loaders.profiles.load(mark.user) }),
    delivered: t.exposeInt('delivered', { description: 'A seq.' }),
    read: t.exposeInt('read', { description: 'A seq.' }),
  }),
});

const memberConnection = connectionOf('Member', member);

export const conversation = builder.objectRef<ConversationNode>('Conversation');

conversation.implement({
  description: 'Where messages live, as I see it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.expose('kind', { type: conversationKind }),
    name: t.exposeString('name', { nullable: true }),
    topic: t.exposeString('topic', { nullable: true }),
    avatar: t.exposeString('avatar', { nullable: true, description: 'The id of an attachment, or a URL.' }),
    visibility: t.expose('visibility', { type: visibility }),
    history: t.expose('history', { type: historyRule }),
    epoch: t.exposeString('epoch', { description: 'Of another epoch, positions mean nothing.' }),
    lastSeq: t.exposeInt('lastSeq'),
    lastRev: t.exposeInt('lastRev'),
    role: t.expose('role', { type: role, nullable: true, description: 'null: not a member, reading a public one.' }),
    unread: t.exposeInt('unread'),
    mentions: t.exposeInt('mentions', { description: 'Unread messages that mention me.' }),
    delivered: t.exposeInt('delivered', { description: 'How far I have received: a seq.' }),
    read: t.exposeInt('read', { description: 'How far I have read: a seq.' }),
    muted: t.boolean({
      resolve: ({ mutedUntil }) => mutedUntil !== null && Date.parse(mutedUntil) > Date.now(),
    }),
    mutedUntil: t.expose('mutedUntil', { type: 'DateTime', nullable: true }),
    archived: t.exposeBoolean('archived'),
    pinned: t.exposeBoolean('pinned'),
    notify: t.expose('notify', { type: notifyRule }),
    preferencesVersion: t.exposeInt('preferencesVersion', {
      description: 'Of mutedUntil, archived, pinned and notify: the higher of two is the newer. 0: nobody has set any.',
    }),
    memberCount: t.exposeInt('memberCount'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    peer: t.field({
      type: user,
      nullable: true,
      description: 'The other one, in a direct conversation.',
      resolve: ({ other }) => other,
    }),
    lastMessage: t.field({ type: message, nullable: true, resolve: ({ last }) => last }),
    members: t.field({
      type: memberConnection,
      description: 'Who takes part.',
      args: {
        first: t.arg.int({ defaultValue: 20, required: true, description: 'At most 100.' }),
        after: t.arg.string(),
      },
      resolve: ({ id }, args, { loaders }) =>
        readConnection(args, (page) => loaders.members.load({ conversation: id, ...page })),
    }),
    messages: t.field({
      type: messageConnection,
      description: 'The history, ascending by seq. Of one conversation at a time, or of several by aliases.',
      extensions: { single: true },
      args: historyArgs,
      resolve: ({ id }, args, { ctx, services }) => readHistory(services, ctx, id, args),
    }),
    receipts: t.field({
      type: [receipt],
      description: 'Of the members. Of one conversation at a time.',
      extensions: { single: true },
      resolve: ({ id }, _args, { ctx, services }) => services.chat.listReceipts(ctx, id),
    }),
  }),
});

export const conversationConnection = connectionOf('Conversation', conversation);

builder.objectField(message, 'conversation', (t) =>
  t.field({
    type: conversation,
    nullable: true,
    description: 'null: I may not read it any more.',
    extensions: { loads: true },
    resolve: ({ conversationId }, _args, { loaders }) => loaders.conversations.load(conversationId),
  }),
);
