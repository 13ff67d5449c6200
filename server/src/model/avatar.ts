import { fail } from '../kernel/errors.ts';
import { type AttachmentId, isUuid } from '../kernel/ids.ts';
import { checkText } from './content.ts';

/** Characters of a URL. */
const urlLength = 2_048;

/**
 * The picture of an account or a conversation: an attachment's id, or a URL a browser may fetch, never one that runs (`javascript:`).
 * `request.invalid`.
 */
export function checkAvatar(text: string): void {
  checkText(text);
  if (attachmentOf(text)) return;
  if (text.length > urlLength || !/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) {
    throw fail('request.invalid', 'An avatar is the id of an attachment or an http(s) URL.');
  }
}

/** The attachment that a picture is; null: it is a URL. */
export function attachmentOf(avatar: string): AttachmentId | null {
  return isUuid(avatar) ? (avatar as AttachmentId) : null;
}
