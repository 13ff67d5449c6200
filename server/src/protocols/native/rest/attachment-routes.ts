import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import { attachment, idPath } from '@parley/contracts';
import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';
import type { AttachmentId } from '../../../kernel/ids.ts';
import type { Attachment } from '../../../services/chat/api.ts';
import { selectBytes } from '../../shared/select-bytes.ts';
import { announcedBytes, removeAttachment, storeAttachment } from '../../shared/store-attachment.ts';
import { refusals } from './refusals.ts';
import { answers, contextOf, noContent, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['attachments'];

const theBytes = {
  description: 'The bytes, of the media type that was found in them',
  content: {
    'application/octet-stream': { schema: z.any() },
    'text/plain; charset=utf-8': { schema: z.string() },
    '*/*': { schema: z.any() },
  },
} as unknown as z.ZodType;
const theRange = { ...theBytes, description: 'The bytes of the one range that was asked for' } as z.ZodType;
const notModified = z.undefined().describe('The client has these bytes already');
const noSuchRange = z.undefined().describe('No byte lies in the range that was asked for');

/** Shown by browsers without running anything; all else is handed over as a download. */
const inline = /^(image\/(png|jpeg|gif|webp|avif)|(audio|video)\/[\w.+-]+|text\/plain)$/;

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
        response: answers({ 201: attachment }, refusals.form),
      },
    },
    async (request, reply) => {
      if (!request.isMultipart()) throw fail('request.unsupported', 'Send the file as multipart/form-data.');
      const files = request.files();
      const { value: file } = await files.next().catch(refuseForm);
      if (!file) throw fail('request.invalid', 'The form holds no file.');
      const limits = { maxBytes, announced: announcedBytes(request.headers) };
      const stored = await storeAttachment(deps, contextOf(request), file, limits, () =>
        files.next().catch(refuseForm),
      );
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
        response: answers({ 200: theBytes, 206: theRange, 304: notModified, 416: noSuchRange }),
      },
    },
    async (request, reply) => {
      const id = request.params.id as AttachmentId;
      const { name, size, mediaType } = await deps.chat.getAttachment(contextOf(request), id);
      const etag = `"${id}"`;
      const selection = selectBytes(request.headers, { etag, size });
      reply
        .code(selection.status)
        .header('etag', etag)
        .header('accept-ranges', 'bytes')
        .header('cache-control', 'private, max-age=31536000, immutable');
      if (selection.status === 304) return reply.send();
      if (selection.status === 416) {
        reply.header('content-range', `bytes */${size}`);
        return reply.send();
      }
      const range = selection.status === 206 ? selection.range : { first: 0, last: size - 1 };
      if (selection.status === 206) reply.header('content-range', `bytes ${range.first}-${range.last}/${size}`);
      reply
        .type(mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : mediaType)
        .header('content-length', range.last - range.first + 1)
        .header('content-disposition', describeDisposition(name, mediaType))
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      // A body, even an empty one, would count as the length.
      if (request.method === 'HEAD') return reply.send(Readable.from([]));
      const bytes = await deps.attachments.get(id, selection.status === 206 ? range : undefined);
      if (!bytes) throw fail('attachment.unknown');
      return reply.send(bytes.stream);
    },
  );

  app.delete(
    '/attachments/:id',
    {
      schema: {
        tags,
        summary: 'Delete an attachment of mine that no message and no picture shows',
        params: idPath,
        response: answers({ 204: noContent }),
      },
    },
    async (request, reply) => {
      await removeAttachment(deps, contextOf(request), request.params.id as AttachmentId);
      return reply.code(204).send();
    },
  );
}

/** What the form's parser throws has no status unless it is about a limit. */
function refuseForm(thrown: Error & { code?: string; statusCode?: number }): never {
  if (thrown.code === 'FST_FILES_LIMIT') {
    throw fail('request.invalid', 'The form holds more than one file: send each in a form of its own.');
  }
  if (thrown.statusCode !== undefined) throw thrown;
  throw fail('request.invalid', `The form is not valid: ${thrown.message}.`);
}

/** With a plain name for clients that do not read the other (RFC 6266, appendix D). */
function describeDisposition(name: string, mediaType: string): string {
  const shown = inline.test(mediaType) ? 'inline' : 'attachment';
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  return `${shown}; filename="${plain}"; filename*=UTF-8''${encodeFilename(name)}`;
}

/** RFC 8187: also what encodeURIComponent leaves as it is. */
function encodeFilename(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function describeAttachment({ id, name, size, mediaType }: Attachment): object {
  return { id, name, size, mediaType, url: `/api/v1/attachments/${id}` };
}
