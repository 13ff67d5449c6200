import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AttachmentId } from '../../../kernel/ids.ts';
import type { Attachment } from '../../../services/chat/api.ts';
import { removeAttachment, storeAttachment, type UploadedFile } from '../../shared/store-attachment.ts';
import { builder } from './builder.ts';
import { parseId } from './parse-input.ts';

export const attachment = builder.objectRef<Attachment>('Attachment').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    size: t.exposeFloat('size', { description: 'Bytes.' }),
    mediaType: t.exposeString('mediaType'),
    url: t.string({ description: 'Where the bytes are.', resolve: ({ id }) => `/api/v1/attachments/${id}` }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

builder.queryField('attachment', (t) =>
  t.field({
    type: attachment,
    nullable: true,
    description: 'To its owner, and to who may read a message that shows it.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { ctx, services }) => {
      requirePrincipal(ctx);
      return services.chat.getAttachment(ctx, parseId<AttachmentId>(id));
    },
  }),
);

/** A file that the request brought as a part of its own; made by the multipart reader, and by nobody else. */
export class Upload {
  #file: UploadedFile | null;
  /** Bytes of the whole request, when it says so. */
  readonly announced: number | undefined;
  constructor(file: UploadedFile, announced?: number) {
    this.#file = file;
    this.announced = announced;
  }

  /** Its bytes come once. */
  take(): UploadedFile {
    const file = this.#file;
    if (!file) throw fail('request.invalid', 'This file is used already: send it once for each use.');
    this.#file = null;
    return file;
  }
}

builder.scalarType('Upload', {
  description: 'A file, sent as the GraphQL multipart request specification says.',
  serialize: () => {
    throw fail('request.invalid', 'A file is only ever sent.');
  },
  parseValue: (value) => {
    if (value instanceof Upload) return value;
    throw fail('request.invalid', 'A file is sent as a part of a multipart/form-data request, named in its "map".');
  },
});

builder.mutationField('createAttachment', (t) =>
  t.field({
    type: attachment,
    nullable: true,
    args: { file: t.arg({ type: 'Upload', required: true }) },
    resolve: (_root, { file }, { ctx, services }) => {
      requirePrincipal(ctx);
      const { attachments, chat, config } = services;
      if (!attachments) throw fail('request.unsupported', 'Files are sent over HTTP.');
      const { announced } = file as Upload;
      const limits = { maxBytes: config.attachmentBytes, announced };
      return storeAttachment({ chat, attachments }, ctx, (file as Upload).take(), limits);
    },
  }),
);

builder.mutationField('deleteAttachment', (t) =>
  t.field({
    type: 'Boolean',
    nullable: true,
    description: 'Of mine, while no message and no picture shows it.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { ctx, services }) => {
      requirePrincipal(ctx);
      const { attachments, chat } = services;
      if (!attachments) throw fail('request.unsupported', 'Files are deleted over HTTP.');
      await removeAttachment({ chat, attachments }, ctx, parseId<AttachmentId>(id));
      return true;
    },
  }),
);
