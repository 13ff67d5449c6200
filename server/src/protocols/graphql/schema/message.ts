import { builder } from './builder.ts';
import { content } from './content.ts';
import type { MessageView, ReactionView } from './message-view.ts';
import { user } from './user.ts';

const reaction = builder.objectRef<ReactionView>('Reaction').implement({
  fields: (t) => ({
    emoji: t.exposeString('emoji'),
    count: t.int({ resolve: ({ users }) => users.length }),
    userIds: t.idList({ resolve: ({ users }) => users }),
    users: t.field({
      type: [user],
      extensions: { loads: true },
      resolve: ({ users }, _args, { loaders }) => Promise.all(users.map((id) => loaders.profiles.load(id))),
    }),
  }),
});

export const message = builder.objectRef<MessageView>('Message').implement({
  description: 'One message in its present state.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'Unique among all messages. Senders choose messageId, so that only this one can be a key in a cache.',
    }),
    messageId: t.exposeString('messageId', {
      description:
        'Chosen by the sender, unique per conversation and sender: sending again with it stores nothing new.',
    }),
    conversationId: t.exposeID('conversationId'),
    seq: t.exposeInt('seq', {
      nullable: true,
      description: "The message's number in its conversation; null: ephemeral, never stored.",
    }),
    rev: t.exposeInt('rev', {
      nullable: true,
      description: 'The number of its last change in its conversation; null: ephemeral.',
    }),
    sender: t.expose('sender', { type: user }),
    content: t.expose('content', { type: content, nullable: true, description: 'null once deleted.' }),
    replyTo: t.exposeInt('replyTo', { nullable: true, description: 'The seq of the message it answers.' }),
    thread: t.exposeInt('thread', { nullable: true, description: 'The seq of the message that began the thread.' }),
    mentionIds: t.exposeIDList('mentionIds'),
    mentions: t.field({
      type: [user],
      extensions: { loads: true },
      resolve: ({ mentionIds }, _args, { loaders }) => Promise.all(mentionIds.map((id) => loaders.profiles.load(id))),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    editedAt: t.expose('editedAt', { type: 'DateTime', nullable: true }),
    deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
    reactions: t.expose('reactions', { type: [reaction] }),
    pinned: t.exposeBoolean('pinned'),
  }),
});
