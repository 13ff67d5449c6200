import type { Draft, Message } from '../../model/message.ts';

/** What a draft has become, as it was the moment it was stored: also the answer to its every repeat (rule 5). */
export function sentMessage(
  { id, conversation, sender, content, replyTo, thread, mentions }: Draft,
  stored: Pick<Message, 'seq' | 'rev' | 'createdAt'>,
): Message {
  const { seq, rev, createdAt } = stored;
  const fresh = { editedAt: null, deletedAt: null, reactions: '{}', pinned: false };
  return { conversation, seq, rev, id, sender, content, replyTo, thread, mentions, createdAt, ...fresh };
}
