import { z } from 'zod';
import {
  hitPageSize,
  id,
  messageId,
  ordinal,
  ordinalParam,
  pageMark,
  pageSize,
  text,
  time,
  watermarkParam,
} from './primitives.ts';

const caption = text(16_384).optional();

/** What a person may send. A text holds 16 KiB at the most, a whole content 64 KiB. */
export const content = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: text(16_384).min(1) }),
    z.strictObject({ type: z.enum(['image', 'video', 'audio', 'file']), attachment: id, text: caption }),
    z.strictObject({
      type: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      text: caption,
    }),
    z.strictObject({ type: z.enum(['form', 'json']), value: z.unknown() }),
  ])
  .meta({ id: 'Content' });

/** Written by the server only. */
export const systemContent = z
  .looseObject({ type: z.literal('system'), event: z.string() })
  .meta({ id: 'SystemContent' });

export const sender = z
  .object({
    id,
    username: z.string(),
    name: z.string(),
    version: z.int().describe("of the profile: of two answers about somebody the higher one's name is the newer"),
  })
  .meta({ id: 'Sender' });

const messageFields = {
  conversation: id,
  id: messageId,
  sender,
  /** null once deleted */
  content: z.union([content, systemContent]).nullable(),
  replyTo: ordinal.nullable(),
  thread: ordinal.nullable(),
  mentions: z.array(id),
  createdAt: time,
  editedAt: time.nullable(),
  deletedAt: time.nullable(),
  reactions: z.record(z.string(), z.array(id)),
  pinned: z.boolean(),
};

/** `seq` and `rev` are null in an ephemeral message, which is never stored. */
export const message = z
  .object({ ...messageFields, seq: ordinal.nullable(), rev: ordinal.nullable() })
  .meta({ id: 'Message' });

export const sendBody = z.strictObject({
  id: messageId,
  content,
  replyTo: ordinal.nullable().optional(),
  thread: ordinal.nullable().optional(),
  mentions: z.array(id).max(50).optional(),
  ephemeral: z.boolean().optional(),
});

/** Without mentions: whom the message names stays. */
export const editBody = z.strictObject({ content, mentions: sendBody.shape.mentions });

/** As `checkEmoji` of the server has it, without classes of Unicode. */
const emoji = z
  .string()
  .regex(
    /^[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{1,32}$/u,
    'must be 1 to 32 characters without spaces and controls',
  );

export const messagePath = z.strictObject({ id, seq: ordinalParam });
export const reactionPath = z.strictObject({ id, seq: ordinalParam, emoji });

/** One of before, after and around (all seqs), or none for the newest. */
export const historyQuery = z
  .strictObject({
    before: watermarkParam.optional(),
    after: watermarkParam.optional(),
    around: watermarkParam.optional(),
    thread: ordinalParam.optional(),
    limit: pageSize,
  })
  .refine(
    (query) => [query.before, query.after, query.around].filter((seq) => seq !== undefined).length <= 1,
    'give one of before, after and around',
  );

/** Ascending by seq. */
export const history = z.object({
  items: z.array(message),
  epoch: z.string(),
  lastSeq: z.int(),
  lastRev: z.int(),
});

export const changesQuery = z.strictObject({
  epoch: z.string().min(1).max(64),
  seq: watermarkParam,
  rev: watermarkParam.optional(),
  limit: pageSize,
});

/** Ascending by rev; go on from the seq and rev given while continuity is `more`. */
export const changes = z.object({
  items: z.array(message),
  epoch: z.string(),
  seq: z.int(),
  rev: z.int(),
  continuity: z.enum(['kept', 'more', 'lost']),
});

/** `before` is a time. */
export const searchQuery = z.strictObject({
  q: text(500).min(1),
  conversation: id.optional(),
  from: id.optional(),
  before: z.iso.datetime({ offset: true, message: 'must be a time in ISO 8601' }).optional(),
  limit: hitPageSize,
  after: pageMark.optional(),
});

export const searchHits = z.object({
  items: z.array(z.object({ message, excerpt: z.string() })),
  next: z.string().nullable(),
});

export const attachment = z
  .object({ id, name: z.string(), size: z.int().describe('bytes'), mediaType: z.string(), url: z.string() })
  .meta({ id: 'Attachment' });

export type Content = z.output<typeof content>;
export type SystemContent = z.output<typeof systemContent>;
export type Message = z.output<typeof message>;
export type SendBody = z.input<typeof sendBody>;
export type History = z.output<typeof history>;
export type Changes = z.output<typeof changes>;
export type Attachment = z.output<typeof attachment>;
