import multipart from '@fastify/multipart';
import { attachment, idPath } from '@parley/contracts';
import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';
import type { AttachmentId } from '../../../kernel/ids.ts';
import type { Attachment } from '../../../services/chat/api.ts';
import { storeAttachment } from '../../shared/store-attachment.ts';
import { answers, contextOf, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['attachments'];

const theBytes = {
  description: 'The bytes, of the media type that was found in them',
  content: { 'application/octet-stream': { schema: z.any() } },
} as unknown as z.ZodType;

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
        response: answers({ 201: attachment }),
      },
    },
    async (request, reply) => {
      if (!request.isMultipart()) throw fail('request.unsupported', 'Send the file as multipart/form-data.');
      const file = await request.file().catch(refuseForm);
      if (!file) throw fail('request.invalid', 'The form holds no file.');
      const stored = await storeAttachment(deps, contextOf(request), file, maxBytes);
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

/** RFC 8187: also what encodeURIComponent leaves as it is. */
function encodeFilename(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function describeAttachment({ id, name, size, mediaType }: Attachment): object {
  return { id, name, size, mediaType, url: `/api/v1/attachments/${id}` };
}
