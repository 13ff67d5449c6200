import { z } from 'zod';
import { message } from './messages.ts';
import { avatar, id, text, time, watermark } from './primitives.ts';
import { user, userName } from './users.ts';

export const role = z.enum(['owner', 'admin', 'member', 'reader']);
const kind = z.enum(['direct', 'group', 'channel']);
const visibility = z.enum(['private', 'public']);
const historyRule = z.enum(['all', 'since-join']);
const notify = z.enum(['all', 'mentions', 'none']);

/** What everybody sees of a conversation, and what one member sees of their own place in it. */
const view = {
  id,
  kind,
  name: z.string().nullable(),
  topic: z.string().nullable(),
  avatar: z.string().nullable().describe('the id of an attachment, or a URL'),
  visibility,
  history: historyRule,
  epoch: z.string(),
  lastSeq: z.int(),
  lastRev: z.int(),
  role: role.nullable().describe('null: not a member, reading a public conversation'),
  unread: z.int(),
  mentions: z.int().describe('unread messages that mention the caller'),
  delivered: z.int(),
  read: z.int(),
  muted: z.boolean(),
  mutedUntil: time.nullable(),
  archived: z.boolean(),
  pinned: z.boolean(),
  notify,
  preferencesVersion: z
    .int()
    .describe('of muted, archived, pinned and notify: the higher of two is the newer, whichever came first'),
  memberCount: z.int(),
  createdAt: time,
  updatedAt: time,
};

export const conversation = z
  .object({
    ...view,
    peer: user.nullable().describe('the other one, in a direct conversation'),
    lastMessage: message.nullable(),
  })
  .meta({ id: 'Conversation' });

/** In a frame: what is known of it without asking anybody; `peer` is an id and `lastMessage` is left out. */
export const conversationFrameView = z
  .object({ ...z.object(view).partial().shape, id, peer: id.nullable().optional() })
  .meta({ id: 'ConversationInFrame' });

export const conversationList = z.object({ items: z.array(conversation), next: z.string().nullable() });

/** `members` are ids or `@username`; `id` makes a retry safe (a direct conversation's is derived instead). */
export const newConversationBody = z.strictObject({
  id: z
    .string()
    .regex(
      /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      'must be a lower-case UUID of version 4 or 7',
    )
    .meta({ format: 'uuid' })
    .optional(),
  kind,
  name: text(200).min(1).optional(),
  topic: text(2_000).optional(),
  avatar: avatar.optional(),
  members: z.array(userName).max(1_000).default([]),
  visibility: visibility.optional(),
  history: historyRule.optional(),
});

export const conversationBody = z.strictObject({
  name: text(200).min(1).optional(),
  topic: text(2_000).nullable().optional(),
  avatar: avatar.nullable().optional(),
  visibility: visibility.optional(),
  history: historyRule.optional(),
});

export const preferencesBody = z.strictObject({
  mutedUntil: z.iso.datetime({ offset: true, message: 'must be a time in ISO 8601' }).nullable().optional(),
  archived: z.boolean().optional(),
  pinned: z.boolean().optional(),
  notify: notify.optional(),
});

export const memberPath = z.strictObject({ id, userId: id });
export const memberBody = z.strictObject({ role });

/** The watermarks are given while the whole list has 50 members at the most. */
export const member = z
  .object({ user, role, joinedAt: time, delivered: z.int().optional(), read: z.int().optional() })
  .meta({ id: 'Member' });

export const memberList = z.object({ items: z.array(member), next: z.string().nullable() });

export const receiptBody = z
  .strictObject({ delivered: watermark.optional(), read: watermark.optional() })
  .refine((marks) => marks.delivered !== undefined || marks.read !== undefined, 'give delivered, read or both')
  .meta({ anyOf: [{ required: ['delivered'] }, { required: ['read'] }] });

export const receiptList = z.object({
  items: z.array(z.object({ user: id, delivered: z.int(), read: z.int() })),
  next: z.null(),
});

/** `GET /status`: what anybody may know of the running services. */
export const status = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    version: z.string(),
    uptimeSeconds: z.number(),
    services: z.record(z.string(), z.object({ status: z.enum(['ok', 'degraded', 'down']), instances: z.int() })),
  })
  .meta({ id: 'Status' });

export type Role = z.output<typeof role>;
export type Conversation = z.output<typeof conversation>;
export type NewConversationBody = z.input<typeof newConversationBody>;
export type Member = z.output<typeof member>;
export type Status = z.output<typeof status>;
