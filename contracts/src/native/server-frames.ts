import { z } from 'zod';
import { ref } from './client-frames.ts';
import { conversationFrameView } from './conversations.ts';
import { errorCodes } from './error-codes.ts';
import { message, sender } from './messages.ts';
import { id, messageId, ordinal, time } from './primitives.ts';
import { profile } from './users.ts';

/** From here live frames come. */
export const readyFrame = z.object({
  op: z.literal('ready'),
  ref: ref.optional(),
  user: sender,
  connection: id,
  heartbeatMs: z.int(),
  limits: z.record(z.string(), z.number()),
  features: z.array(z.string()),
});

/** The answer to an `auth` on an open connection. */
export const renewedFrame = z.object({ op: z.literal('renewed'), ref: ref.optional(), expiresAt: time });

/** After the commit, never before; of an ephemeral message seq and rev are null. */
export const sentFrame = z.object({
  op: z.literal('sent'),
  ref: ref.optional(),
  conversation: id,
  id: messageId,
  seq: ordinal.nullable(),
  rev: ordinal.nullable(),
  createdAt: time,
});

export const messageFrame = z.object({ op: z.literal('message'), ...message.shape });
export const editedFrame = z.object({ op: z.literal('edited'), ...message.shape });
export const deletedFrame = z.object({ op: z.literal('deleted'), conversation: id, seq: ordinal, rev: ordinal });

const ofMessage = { conversation: id, seq: ordinal, rev: ordinal, user: id };

export const reactionFrame = z.object({
  op: z.literal('reaction'),
  ...ofMessage,
  emoji: z.string(),
  on: z.boolean(),
});
export const pinnedFrame = z.object({ op: z.literal('pinned'), ...ofMessage, on: z.boolean() });

export const receiptNewsFrame = z.object({
  op: z.literal('receipt'),
  conversation: id,
  user: id,
  delivered: z.int(),
  read: z.int(),
});
export const typingNewsFrame = z.object({ op: z.literal('typing'), conversation: id, user: id, on: z.boolean() });
export const presenceNewsFrame = z.object({
  op: z.literal('presence'),
  user: id,
  state: z.enum(['online', 'offline']),
  lastSeen: time.nullable(),
});

/** A profile has changed of somebody who is shown: in a list, among members, beside what they said. Of the own account as well. */
export const userFrame = z.object({ op: z.literal('user'), user: profile });

export const conversationFrame = z.object({
  op: z.literal('conversation'),
  change: z.enum(['created', 'updated', 'joined', 'left', 'deleted']),
  rev: z.int(),
  since: z
    .int()
    .optional()
    .describe('stands for every rev after this one up to `rev`: comings and goings in a very big conversation'),
  conversation: conversationFrameView,
  user: id.optional(),
});

/** Where the client stands in each conversation after the backlog frames; `more` on all but the last chunk. */
export const resumedFrame = z.object({
  op: z.literal('resumed'),
  ref: ref.nullable(),
  conversations: z.record(
    id,
    z.object({
      epoch: z.string(),
      lastSeq: z.int(),
      lastRev: z.int(),
      seq: z.int(),
      rev: z.int(),
      continuity: z.enum(['kept', 'more', 'lost']),
      unread: z.int(),
      left: z.literal(true).optional(),
    }),
  ),
  more: z.literal(true).optional(),
});

export const errorFrame = z.object({
  op: z.literal('error'),
  ref: ref.optional(),
  code: z.enum(errorCodes),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.int().optional(),
});

export const pongFrame = z.object({ op: z.literal('pong'), ref: ref.optional() });
export const drainFrame = z.object({ op: z.literal('drain'), reconnectInMs: z.int() });

/** For a while the server may have told this connection too little of what has no rev of its own: its list is to be read anew. */
export const missedFrame = z.object({ op: z.literal('missed') });

export const serverFrames = {
  ready: readyFrame,
  renewed: renewedFrame,
  sent: sentFrame,
  message: messageFrame,
  edited: editedFrame,
  deleted: deletedFrame,
  reaction: reactionFrame,
  pinned: pinnedFrame,
  receipt: receiptNewsFrame,
  typing: typingNewsFrame,
  presence: presenceNewsFrame,
  user: userFrame,
  conversation: conversationFrame,
  resumed: resumedFrame,
  error: errorFrame,
  pong: pongFrame,
  drain: drainFrame,
  missed: missedFrame,
} as const;

export type ServerFrame = {
  [Op in keyof typeof serverFrames]: z.output<(typeof serverFrames)[Op]>;
}[keyof typeof serverFrames];
