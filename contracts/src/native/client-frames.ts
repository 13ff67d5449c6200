import { z } from 'zod';
import { content } from './messages.ts';
import { id, messageId, ordinal, text, watermark } from './primitives.ts';

/** Echoed in the answer: a number, or up to 64 characters. */
export const ref = z.union([z.number(), z.string().max(64)]);

export const framePosition = z.strictObject({
  epoch: z.string().min(1).max(64),
  seq: watermark,
  rev: watermark.optional(),
});

/** The first frame of a connection that brought no credential; later it keeps the connection past its token's end. */
export const authFrame = z.strictObject({
  op: z.literal('auth'),
  ref: ref.optional(),
  token: z.string().min(1).max(8_192),
  device: text(200).optional(),
});

export const sendFrame = z.strictObject({
  op: z.literal('send'),
  ref: ref.optional(),
  conversation: id,
  id: messageId,
  content,
  replyTo: ordinal.nullable().optional(),
  thread: ordinal.nullable().optional(),
  mentions: z.array(id).max(50).optional(),
  ephemeral: z.boolean().optional(),
});

/** `more` on all but the last of several; without `positions`: summaries only. */
export const resumeFrame = z.strictObject({
  op: z.literal('resume'),
  ref: ref.optional(),
  positions: z.record(id, framePosition).optional(),
  more: z.boolean().optional(),
});

export const receiptFrame = z
  .strictObject({
    op: z.literal('receipt'),
    ref: ref.optional(),
    conversation: id,
    delivered: watermark.optional(),
    read: watermark.optional(),
  })
  .refine((frame) => frame.delivered !== undefined || frame.read !== undefined, 'give delivered, read or both');

export const typingFrame = z.strictObject({
  op: z.literal('typing'),
  ref: ref.optional(),
  conversation: id,
  on: z.boolean(),
});

/** Replaces the last list. */
export const presenceFrame = z.strictObject({
  op: z.literal('presence'),
  ref: ref.optional(),
  watch: z.array(id).max(500),
});

export const pingFrame = z.strictObject({ op: z.literal('ping'), ref: ref.optional() });

export const clientFrames = {
  auth: authFrame,
  send: sendFrame,
  resume: resumeFrame,
  receipt: receiptFrame,
  typing: typingFrame,
  presence: presenceFrame,
  ping: pingFrame,
} as const;

export type Ref = z.output<typeof ref>;
export type ClientFrame = {
  [Op in keyof typeof clientFrames]: z.output<(typeof clientFrames)[Op]>;
}[keyof typeof clientFrames];
