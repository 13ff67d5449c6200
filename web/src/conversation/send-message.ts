import { type Attachment, type Member, ParleyError, type SendableContent } from '@parley/client';
import { client } from '../client.ts';
import { findMentions } from './mentions.ts';

/** Where a message goes, and what is needed to know whom it names. */
export interface SendTarget {
  readonly conversation: string;
  readonly replyTo: number | null;
  readonly members: readonly Member[];
}

export function sendText(target: SendTarget, value: string): void {
  send(target, { type: 'text', text: value }, value);
}

/** A file carries its name as its text when there is no other: readers learn it from nowhere else. */
export function sendUpload(target: SendTarget, file: Attachment, caption: string): void {
  const type = mediaKind(file.mediaType);
  const label = type === 'file' ? caption || file.name : caption;
  send(target, { type, attachment: file.id, ...(label ? { text: label } : {}) }, caption);
}

/** Whom the message names follows its text; who is not among the members that we know stays. */
export async function saveEdit({ conversation, members }: SendTarget, seq: number, value: string): Promise<void> {
  const before = client.conversation(conversation)?.log.messages.find((message) => message.seq === seq)?.mentions ?? [];
  const unknown = before.filter((id) => !members.some(({ user }) => user.id === id));
  const mentions = [...findMentions(value, members), ...unknown].slice(0, 50);
  await client.api.editMessage(conversation, seq, { type: 'text', text: value }, mentions);
}

export function errorText(thrown: unknown): string {
  return thrown instanceof ParleyError ? thrown.message : String(thrown);
}

/** How a file is shown. Only what browsers show by themselves; all else is a file. */
export function mediaKind(mediaType: string): 'image' | 'video' | 'audio' | 'file' {
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(mediaType)) return 'image';
  if (mediaType.startsWith('video/')) return 'video';
  return mediaType.startsWith('audio/') ? 'audio' : 'file';
}

function send({ conversation, replyTo, members }: SendTarget, content: SendableContent, named: string): void {
  const mentions = findMentions(named, members);
  client.send(conversation, content, {
    ...(replyTo === null ? {} : { replyTo }),
    ...(mentions.length > 0 ? { mentions } : {}),
  });
}
