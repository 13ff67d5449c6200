import { type ConversationLog, messageAt, upsert } from './conversation-log.ts';
import type { MessageFrame } from './frames.ts';
import type { StoredMessage } from './types.ts';

export interface Applied {
  readonly log: ConversationLog;
  /** gap: revs are missing before this frame; nothing was applied, resume the conversation. old: seen before. */
  readonly outcome: 'applied' | 'old' | 'gap';
}

/**
 * Folds one durable frame into a log. Pure. Frames come in rising rev without holes; a jump means that something was
 * missed, and the frame is not applied: the backlog that `resume` brings covers it (PROTOCOL "On resume").
 * `receivedAt` dates a deletion, because its frame does not.
 */
export function applyFrame(log: ConversationLog, frame: MessageFrame, receivedAt: string): Applied {
  const { rev } = frame;
  if (rev === null) return { log, outcome: 'old' }; // ephemeral: never stored, has no place in a log
  const heard = rev > log.heardRev ? { ...log, heardRev: rev } : log;
  if (log.catchingUp) return { log: applyBacklog(heard, frame, rev, receivedAt), outcome: 'applied' };
  if (rev <= log.rev) return { log, outcome: 'old' };
  if (rev > log.rev + 1 || (frame.op === 'message' && frame.seq !== log.seq + 1)) return { log: heard, outcome: 'gap' };
  const applied = applyChange(heard, frame, rev, receivedAt);
  return { log: { ...applied, rev, seq: frame.op === 'message' ? log.seq + 1 : log.seq }, outcome: 'applied' };
}

/**
 * Moves the position over changes that are not of a message (members, settings): those after `since`, up to `rev`; the one
 * `rev` when nothing else is said.
 */
export function applyRev(log: ConversationLog, rev: number, since = rev - 1): Applied {
  const heard = rev > log.heardRev ? { ...log, heardRev: rev } : log;
  if (log.catchingUp) return { log: heard, outcome: 'applied' };
  if (rev <= log.rev) return { log, outcome: 'old' };
  if (since > log.rev) return { log: heard, outcome: 'gap' };
  return { log: { ...heard, rev }, outcome: 'applied' };
}

/**
 * Backlog frames show whole messages in their present state, in any relation to what is held; rev decides per message. A
 * reaction or pin is a difference and belongs to the live frames before the backlog, which shows its result.
 */
function applyBacklog(log: ConversationLog, frame: MessageFrame, rev: number, receivedAt: string): ConversationLog {
  if (frame.op === 'reaction' || frame.op === 'pinned') return log;
  return applyChange(log, frame, rev, receivedAt);
}

function applyChange(log: ConversationLog, frame: MessageFrame, rev: number, receivedAt: string): ConversationLog {
  if (frame.op === 'message') {
    const { op: _, ...message } = frame;
    // At or below the position it lies in history that is not loaded, or is here already: an insertion would tear a hole.
    if (message.seq! <= log.seq && !messageAt(log.messages, message.seq!)) return unseen(log, rev);
    return { ...log, messages: upsert(log.messages, message as StoredMessage) };
  }
  const present = messageAt(log.messages, frame.seq!);
  if (!present) return unseen(log, rev);
  if (present.rev > rev) return log;
  if (frame.op === 'edited') {
    const { op: _, ...message } = frame;
    return { ...log, messages: upsert(log.messages, message as StoredMessage) };
  }
  if (present.rev === rev) return log;
  return { ...log, messages: upsert(log.messages, { ...changed(present, frame, receivedAt), rev }) };
}

function changed(
  message: StoredMessage,
  frame: Extract<MessageFrame, { op: 'deleted' | 'reaction' | 'pinned' }>,
  receivedAt: string,
): StoredMessage {
  if (frame.op === 'pinned') return { ...message, pinned: frame.on };
  if (frame.op === 'reaction') {
    return { ...message, reactions: react(message.reactions, frame.emoji, frame.user, frame.on) };
  }
  return { ...message, content: null, mentions: [], reactions: {}, pinned: false, deletedAt: receivedAt };
}

function unseen(log: ConversationLog, rev: number): ConversationLog {
  return rev > log.unseenRev ? { ...log, unseenRev: rev } : log;
}

function react(reactions: StoredMessage['reactions'], emoji: string, user: string, on: boolean) {
  const users = (reactions[emoji] ?? []).filter((other) => other !== user);
  if (on) users.push(user);
  const { [emoji]: _, ...others } = reactions;
  return users.length > 0 ? { ...others, [emoji]: users } : others;
}
