import type { Context } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import type { Message } from '../../../model/message.ts';
import { type ProfileReader, profileOf } from '../../shared/profile-reader.ts';
import { builder } from './builder.ts';
import { content, readContent } from './content.ts';
import { user } from './user.ts';

/**
 * A message and who sent it, under the names of the schema: what has no resolver of its own is read by compiled queries without a
 * call, and nothing of it has to be waited for.
 */
export class MessageView {
  readonly stored: Message;
  readonly sender: Profile;

  constructor(stored: Message, sender: Profile) {
    this.stored = stored;
    this.sender = sender;
  }

  get id(): string {
    const { seq, conversation, sender, id } = this.stored;
    return seq === null ? `${conversation}:${sender}:${id}` : `${conversation}:${seq}`;
  }
  get messageId() {
    return this.stored.id;
  }
  get conversationId() {
    return this.stored.conversation;
  }
  get seq() {
    return this.stored.seq;
  }
  get rev() {
    return this.stored.rev;
  }
  get content() {
    return readContent(this.stored);
  }
  get replyTo() {
    return this.stored.replyTo;
  }
  get thread() {
    return this.stored.thread;
  }
  get mentionIds() {
    return this.stored.mentions;
  }
  get createdAt() {
    return this.stored.createdAt;
  }
  get editedAt() {
    return this.stored.editedAt;
  }
  get deletedAt() {
    return this.stored.deletedAt;
  }
  get reactions() {
    return readReactions(this.stored);
  }
  get pinned() {
    return this.stored.pinned;
  }
}

interface ReactionView {
  readonly emoji: string;
  readonly users: readonly AccountId[];
}

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

const none: readonly never[] = [];

function readReactions({ reactions }: Message): readonly ReactionView[] {
  if (reactions === '{}') return none;
  const byEmoji = JSON.parse(reactions) as Readonly<Record<string, readonly AccountId[]>>;
  return Object.entries(byEmoji).map(([emoji, users]) => ({ emoji, users }));
}

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

/** Messages with their senders, who are asked for once. */
export async function describeMessages(
  { profiles }: { readonly profiles: ProfileReader },
  ctx: Context,
  messages: readonly Message[],
): Promise<readonly MessageView[]> {
  const found = await profiles.read(
    ctx,
    messages.map((one) => one.sender),
  );
  return messages.map((one) => new MessageView(one, profileOf(found, one.sender)));
}

export async function describeMessage(
  services: { readonly profiles: ProfileReader },
  ctx: Context,
  one: Message,
): Promise<MessageView> {
  return (await describeMessages(services, ctx, [one]))[0] as MessageView;
}
