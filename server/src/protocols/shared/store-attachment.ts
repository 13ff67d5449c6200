import { Readable } from 'node:stream';
import { fileTypeFromBuffer } from 'file-type';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AttachmentId, createId } from '../../kernel/ids.ts';
import { cleanFileName } from '../../model/text/names.ts';
import type { Attachment, ChatApi } from '../../services/chat/api.ts';
import { renewContext } from './caller-context.ts';

/** Where the bytes of attachments are kept; what they are and who may read them is for chat to say. */
export interface AttachmentStore {
  /** All or nothing; rejects with what the stream fails with, `storage.full` among others. */
  put(id: AttachmentId, bytes: Readable, limits: { readonly maxBytes: number }): Promise<{ readonly size: number }>;
  /** `size` is the whole one's; `range` names bytes of it, first and last included. */
  get(
    id: AttachmentId,
    range?: { readonly first: number; readonly last: number },
  ): Promise<{ readonly size: number; readonly stream: Readable } | null>;
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

interface StoreDeps {
  readonly chat: Pick<ChatApi, 'reserveAttachment' | 'createAttachment' | 'deleteAttachment' | 'forgetAttachments'>;
  readonly attachments: AttachmentStore;
}

export interface UploadLimits {
  readonly maxBytes: number;
  /** The content-length of the request that brings the file, when it says one: the file holds no more. */
  readonly announced?: number | undefined;
}

/**
 * Counted first, then the bytes, then what they are: an upload beyond the quota or the rate is refused before a byte is kept, and
 * nobody finds an attachment whose bytes are not there. What a crash leaves counts until the collector finds it.
 * `request.too_large` above `maxBytes` or the quota, `rate.limited`, `request.invalid` when the sender's stream breaks,
 * `storage.full`. `rest` rejects where what follows the file in its form is not as it must be; it is asked when the bytes have
 * been read.
 */
export async function storeAttachment(
  deps: StoreDeps,
  ctx: Context,
  file: UploadedFile,
  { maxBytes, announced = maxBytes }: UploadLimits,
  rest: () => Promise<unknown> = async () => {},
): Promise<Attachment> {
  const id = createId<AttachmentId>();
  await deps.chat.reserveAttachment(ctx, { id, size: Math.min(announced, maxBytes) }).catch((thrown) => {
    // Read and thrown away: a client that is still sending hears the answer.
    file.file.resume();
    throw thrown;
  });
  const dropBytes = async (thrown: unknown): Promise<never> => {
    await removeBytes(deps, ctx, id);
    throw thrown;
  };
  const { size, mediaType } = await storeBytes(deps.attachments, id, file, maxBytes).catch(dropBytes);
  await rest().catch(dropBytes);
  // Bytes take their time: the deadline of what comes after them begins now.
  const fresh = renewContext(ctx);
  const name = cleanFileName(file.filename);
  // Also where the row may have been written: nobody has learned its id.
  return deps.chat.createAttachment(fresh, { id, name, size, mediaType }).catch(dropBytes);
}

/** The owner's that nothing shows; its bytes go at once, and where that fails with the collector. Errors of chat's `deleteAttachment`. */
export async function removeAttachment(deps: StoreDeps, ctx: Context, id: AttachmentId): Promise<void> {
  await deps.chat.deleteAttachment(ctx, id);
  await removeBytes(deps, ctx, id);
}

/** The row last: until then somebody knows of the bytes. */
async function removeBytes({ chat, attachments }: StoreDeps, ctx: Context, id: AttachmentId): Promise<void> {
  const removed = attachments.delete(id).then(() => chat.forgetAttachments(renewContext(ctx), [id]));
  await removed.catch(() => {});
}

/** The size of a request's body as it says itself, undefined for one that comes in pieces of no known number. */
export function announcedBytes(headers: { readonly 'content-length'?: string | undefined }): number | undefined {
  const said = headers['content-length'];
  return said === undefined ? undefined : Number(said);
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
