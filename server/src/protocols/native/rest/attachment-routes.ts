import { Readable } from 'node:stream';
import multipart, { type MultipartFile } from '@fastify/multipart';
import { attachment, idPath } from '@parley/contracts';
import { fileTypeFromBuffer } from 'file-type';
import { z } from 'zod';
import { createContext } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AttachmentId, createId } from '../../../kernel/ids.ts';
import type { Attachment } from '../../../services/chat/api.ts';
import { answers, contextOf, principalOf, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['attachments'];

const theBytes = {
  description: 'The bytes, of the media type that was found in them',
  content: { 'application/octet-stream': { schema: z.any() } },
} as unknown as z.ZodType;

/** Shown by browsers without running anything; all else is handed over as a download. */
const inline = /^(image\/(png|jpeg|gif|webp|avif)|(audio|video)\/[\w.+-]+|text\/plain)$/;

/** Enough to tell any type that file-type knows. */
const headBytes = 4_100;

export async function addAttachmentRoutes(app: RestApp, deps: RestDeps): Promise<void> {
  const maxBytes = deps.config.attachmentBytes;
  await app.register(multipart, {
    limits: { fileSize: maxBytes, files: 1, fields: 10, fieldSize: 1024, headerPairs: 50 },
    throwFileSizeLimit: false,
  });

  app.post(
    '/attachments',
    {
      bodyLimit: maxBytes + 64 * 1024,
      config: { form: true },
      schema: {
        tags,
        summary: `Upload one file (multipart/form-data, ${maxBytes} bytes at the most)`,
        response: answers({ 201: attachment }),
      },
    },
    async (request, reply) => {
      if (!request.isMultipart()) throw fail('request.unsupported', 'Send the file as multipart/form-data.');
      const file = await request.file().catch(refuseForm);
      if (!file) throw fail('request.invalid', 'The form holds no file.');
      const id = createId<AttachmentId>();
      const { size, mediaType } = await store(deps, id, file, maxBytes);
      const name = cleanName(file.filename);
      // Bytes take their time: the deadline of what comes after them begins now.
      const ctx = createContext(principalOf(request), request.id);
      const stored = await deps.chat.createAttachment(ctx, { id, name, size, mediaType }).catch(async (thrown) => {
        // Also where the row may have been written: nobody has learned its id.
        await deps.attachments.delete(id).catch(() => {});
        throw thrown;
      });
      return reply.code(201).send(describeAttachment(stored));
    },
  );

  app.get(
    '/attachments/:id',
    {
      schema: {
        tags,
        summary: 'The bytes, to their owner and to who may read a message that shows them',
        params: idPath,
        response: answers({ 200: theBytes }),
      },
    },
    async (request, reply) => {
      const id = request.params.id as AttachmentId;
      const { name, mediaType } = await deps.chat.getAttachment(contextOf(request), id);
      const bytes = await deps.attachments.get(id);
      if (!bytes) throw fail('attachment.unknown');
      const shown = inline.test(mediaType) ? 'inline' : 'attachment';
      return reply
        .type(mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : mediaType)
        .header('content-length', bytes.size)
        .header('content-disposition', `${shown}; filename*=UTF-8''${encodeFilename(name)}`)
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(bytes.stream);
    },
  );
}

/** What the form's parser throws has no status unless it is about a limit. */
function refuseForm(thrown: Error & { statusCode?: number }): never {
  if (thrown.statusCode !== undefined) throw thrown;
  throw fail('request.invalid', `The form is not valid: ${thrown.message}.`);
}

/** Bytes first, then the row: a row never points to nothing. What a crash leaves between the two has no row and no reader; it only takes room. */
async function store(
  deps: RestDeps,
  id: AttachmentId,
  { file, mimetype }: MultipartFile,
  maxBytes: number,
): Promise<{ size: number; mediaType: string }> {
  const { size, found } = await readHead(file)
    .then(async ({ head, whole }) => ({
      ...(await deps.attachments.put(id, whole, { maxBytes: maxBytes + 1 })),
      found: (await fileTypeFromBuffer(head))?.mime,
    }))
    .catch((thrown) => {
      // The sender's stream broke, not our store.
      if (file.errored) throw fail('request.invalid', `The form is not valid: ${file.errored.message}.`);
      throw thrown;
    });
  if (file.truncated) {
    await deps.attachments.delete(id);
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

/** RFC 8187: also what encodeURIComponent leaves as it is. */
function encodeFilename(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function describeAttachment({ id, name, size, mediaType }: Attachment): object {
  return { id, name, size, mediaType, url: `/api/v1/attachments/${id}` };
}
