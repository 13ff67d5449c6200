import { Readable } from 'node:stream';
import { fileTypeFromBuffer } from 'file-type';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AttachmentId, createId } from '../../kernel/ids.ts';
import type { Attachment, ChatApi } from '../../services/chat/api.ts';
import { renewContext } from './caller-context.ts';

/** Where the bytes of attachments are kept; what they are and who may read them is for chat to say. */
export interface AttachmentStore {
  /** All or nothing; rejects with what the stream fails with, `storage.full` among others. */
  put(id: AttachmentId, bytes: Readable, limits: { readonly maxBytes: number }): Promise<{ readonly size: number }>;
  get(id: AttachmentId): Promise<{ readonly size: number; readonly stream: Readable } | null>;
  delete(id: AttachmentId): Promise<void>;
}

/** A file in a form, as the form's parser gives it: it says itself when it was cut at the parser's limit. */
export interface UploadedFile {
  readonly file: Readable & { readonly truncated: boolean };
  readonly filename: string;
  readonly mimetype: string;
}

/** Enough to tell any type that file-type knows. */
const headBytes = 4_100;

/**
 * Bytes first, then the row: a row never points to nothing. What a crash leaves between the two has no row and no reader; it only takes room.
 * `request.too_large` above `maxBytes`, `request.invalid` when the sender's stream breaks, `storage.full`.
 */
export async function storeAttachment(
  deps: { readonly chat: Pick<ChatApi, 'createAttachment'>; readonly attachments: AttachmentStore },
  ctx: Context,
  file: UploadedFile,
  maxBytes: number,
): Promise<Attachment> {
  const id = createId<AttachmentId>();
  const { size, mediaType } = await storeBytes(deps.attachments, id, file, maxBytes);
  // Bytes take their time: the deadline of what comes after them begins now.
  const fresh = renewContext(ctx);
  const name = cleanName(file.filename);
  return deps.chat.createAttachment(fresh, { id, name, size, mediaType }).catch(async (thrown) => {
    // Also where the row may have been written: nobody has learned its id.
    await deps.attachments.delete(id).catch(() => {});
    throw thrown;
  });
}

async function storeBytes(
  attachments: AttachmentStore,
  id: AttachmentId,
  { file, mimetype }: UploadedFile,
  maxBytes: number,
): Promise<{ size: number; mediaType: string }> {
  const { size, found } = await readHead(file)
    .then(async ({ head, whole }) => ({
      ...(await attachments.put(id, whole, { maxBytes: maxBytes + 1 })),
      found: (await fileTypeFromBuffer(head))?.mime,
    }))
    .catch((thrown) => {
      // The sender's stream broke, not our store.
      if (file.errored) throw fail('request.invalid', `The form is not valid: ${file.errored.message}.`);
      throw thrown;
    });
  if (file.truncated) {
    await attachments.delete(id);
    throw fail('request.too_large', `An attachment may hold ${maxBytes} bytes at the most.`);
  }
  return { size, mediaType: found ?? plainType(mimetype) };
}

/** The bytes that tell a file's type, and all of them again. The library's own stream never answers for an empty file. */
async function readHead(file: Readable): Promise<{ readonly head: Buffer; readonly whole: Readable }> {
  const pieces: AsyncIterator<Buffer> = file[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { value, done } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* again(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { head, whole: Readable.from(again()) };
}

/** Without a signature in the bytes only text is believed to be what the sender says, and never as a page or a script. */
function plainType(said: string): string {
  return /^text\/(plain|csv|markdown)$/.test(said) ? said : 'application/octet-stream';
}

function cleanName(name: string): string {
  // Forms write a quotation mark as %22, and nothing else that way.
  const clean = name
    .replaceAll('%22', '"')
    .replace(/[\p{Cc}\p{Cs}/\\]/gu, '')
    .trim();
  return Array.from(clean).slice(0, 200).join('') || 'file';
}
