import type { Context } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import type { Message } from '../../../model/message.ts';
import { type ProfileReader, profileOf } from '../../shared/profile-reader.ts';
import { readContent } from './content-view.ts';

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

export interface ReactionView {
  readonly emoji: string;
  readonly users: readonly AccountId[];
}

const none: readonly never[] = [];

function readReactions({ reactions }: Message): readonly ReactionView[] {
  if (reactions === '{}') return none;
  const byEmoji = JSON.parse(reactions) as Readonly<Record<string, readonly AccountId[]>>;
  return Object.entries(byEmoji).map(([emoji, users]) => ({ emoji, users }));
}

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
