import type { Profile } from '../../model/account.ts';
import type { Message } from '../../model/message.ts';

/**
 * A message as JSON text. Content and reactions are spliced in as the characters they are stored as, never parsed and
 * written anew (MESSAGE-PATH rule 7); the same text serves REST answers and frames.
 */
export function encodeMessage(message: Message, sender: Profile): string {
  return `{${encodeMessageFields(message, sender)}}`;
}

/** Without the braces, so that a frame can put its `op` first. Ids and times are ours and need no escaping. */
export function encodeMessageFields(m: Message, sender: Profile): string {
  return (
    `"conversation":"${m.conversation}","seq":${m.seq},"rev":${m.rev},"id":${encodeText(m.id)},` +
    `"sender":${encodeSender(sender)},"content":${m.content},"replyTo":${m.replyTo},"thread":${m.thread},` +
    `"mentions":${m.mentions.length === 0 ? '[]' : JSON.stringify(m.mentions)},"createdAt":"${m.createdAt}",` +
    `"editedAt":${encodeTime(m.editedAt)},"deletedAt":${encodeTime(m.deletedAt)},` +
    `"reactions":${m.reactions},"pinned":${m.pinned}`
  );
}

/** Profiles come out of a cache, so one object stands for one sender's many messages. */
const senders = new WeakMap<Profile, string>();

export function encodeSender(profile: Profile): string {
  let text = senders.get(profile);
  if (text === undefined) {
    const { id, username, name, version } = profile;
    text = JSON.stringify({ id, username, name, version });
    senders.set(profile, text);
  }
  return text;
}

/** A JSON string; what needs no escaping is only quoted. */
export function encodeText(text: string): string {
  return /^[\w.:@+-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

function encodeTime(time: string | null): string {
  return time === null ? 'null' : `"${time}"`;
}
