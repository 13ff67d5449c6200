import { applyFrame, applyRev } from './apply-frame.ts';
import { type ConversationLog, createLog, findSeq, insertOwn, messageAt } from './conversation-log.ts';
import type { ConversationFrame, MessageFrame } from './frames.ts';
import type { Conversation, Receipt, StoredMessage } from './types.ts';

/** One conversation as the client knows it. Plain data, replaced and never changed in place. */
export interface ConversationState {
  readonly summary: Conversation;
  readonly log: ConversationLog;
  /** Of the others, as far as heard; by user. */
  readonly receipts: Readonly<Record<string, Receipt>>;
  /** Users who are writing now. */
  readonly typing: readonly string[];
}

export interface Step {
  readonly state: ConversationState;
  readonly outcome: 'applied' | 'old' | 'gap';
}

export function createConversationState(summary: Conversation): ConversationState {
  return { summary, log: createLog(summary), receipts: {}, typing: [] };
}

/** Folds a frame about a message into log and summary. `me`: the reader's account. */
export function applyMessageFrame(state: ConversationState, frame: MessageFrame, me: string, receivedAt: string): Step {
  const { log, outcome } = applyFrame(state.log, frame, receivedAt);
  if (log === state.log) return { state, outcome };
  const next = { ...state, log };
  if (outcome !== 'applied') return { state: next, outcome };
  if (frame.op === 'message') return { state: countMessage(next, frame as StoredMessage, me), outcome };
  const last = state.summary.lastMessage;
  const changed = last && last.seq === frame.seq ? (messageAt(log.messages, last.seq) ?? patchLast(last, frame)) : last;
  const summary = { ...state.summary, lastMessage: changed, lastRev: Math.max(state.summary.lastRev, log.rev) };
  return { state: frame.op === 'deleted' ? recount({ ...next, summary }, me) : { ...next, summary }, outcome };
}

/** The last message is shown in the list even when the conversation's messages are not loaded. */
function patchLast(last: StoredMessage, frame: MessageFrame): StoredMessage {
  if (frame.op === 'edited') return frame as StoredMessage;
  return frame.op === 'deleted' ? { ...last, content: null, rev: frame.rev } : last;
}

/** Folds a frame about members or settings. The reader's own role comes with a fresh summary. */
export function applyConversationFrame(state: ConversationState, frame: ConversationFrame): Step {
  const { log, outcome } = applyRev(state.log, frame.rev, frame.since);
  const { name, topic, avatar, visibility, history, memberCount, updatedAt } = frame.conversation;
  const known = { name, topic, avatar, visibility, history, memberCount, updatedAt };
  const told = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const lastRev = Math.max(state.summary.lastRev, log.rev);
  const summary: Conversation = { ...state.summary, memberCount: countMembers(state.summary, frame), ...told, lastRev };
  return { state: { ...state, log, summary }, outcome };
}

/** A summary read later than the frame was sent has counted them already. */
function countMembers({ memberCount, lastRev }: Conversation, { change, rev }: ConversationFrame): number {
  if (rev <= lastRev) return memberCount;
  if (change === 'joined') return memberCount + 1;
  return change === 'left' ? Math.max(0, memberCount - 1) : memberCount;
}

/** Watermarks only rise. The reader's own come from their other devices. */
export function applyReceipt(state: ConversationState, receipt: Receipt, me: string): ConversationState {
  if (receipt.user === me) {
    const delivered = Math.max(state.summary.delivered, receipt.delivered);
    const read = Math.max(state.summary.read, receipt.read);
    if (delivered === state.summary.delivered && read === state.summary.read) return state;
    return recount({ ...state, summary: { ...state.summary, delivered, read } }, me);
  }
  const before = state.receipts[receipt.user];
  const delivered = Math.max(before?.delivered ?? 0, receipt.delivered, receipt.read);
  const read = Math.max(before?.read ?? 0, receipt.read);
  if (before && before.delivered === delivered && before.read === read) return state;
  return { ...state, receipts: { ...state.receipts, [receipt.user]: { user: receipt.user, delivered, read } } };
}

/** Puts our own acknowledged message in its place at once; its frame follows. */
export function applyOwn(state: ConversationState, message: StoredMessage): ConversationState {
  const last = state.summary.lastMessage;
  const newer = !last || last.seq < message.seq;
  const log = insertOwn(state.log, message);
  const lastMessage = messageAt(log.messages, message.seq) ?? message;
  return {
    ...state,
    log,
    summary: newer ? { ...state.summary, lastMessage, updatedAt: message.createdAt } : state.summary,
  };
}

export function applyTyping(state: ConversationState, user: string, on: boolean): ConversationState {
  if (state.typing.includes(user) === on) return state;
  return { ...state, typing: on ? [...state.typing, user] : state.typing.filter((other) => other !== user) };
}

function countMessage(state: ConversationState, message: StoredMessage, me: string): ConversationState {
  const { summary, log } = state;
  const last = summary.lastMessage;
  const shown = { ...(messageAt(log.messages, message.seq) ?? message) };
  const unread = isUnread(message, summary.read, me) && message.seq > summary.lastSeq ? 1 : 0;
  return {
    ...applyTyping(state, message.sender.id, false),
    summary: {
      ...summary,
      lastSeq: Math.max(summary.lastSeq, message.seq),
      lastRev: Math.max(summary.lastRev, log.rev),
      lastMessage: !last || last.seq <= message.seq ? shown : last,
      updatedAt: message.createdAt > summary.updatedAt ? message.createdAt : summary.updatedAt,
      unread: summary.unread + unread,
      mentions: summary.mentions + (unread && message.mentions.includes(me) ? 1 : 0),
    },
  };
}

/**
 * The server's count of the unread, as of its own read mark. Ours may be ahead of it, its answer still on the way: what we
 * can count ourselves we do.
 */
export function applyUnread(state: ConversationState, unread: number, me: string): ConversationState {
  return recount({ ...state, summary: { ...state.summary, unread } }, me);
}

function isUnread(message: StoredMessage, read: number, me: string): boolean {
  if (message.seq <= read || message.sender.id === me) return false;
  return message.content !== null && message.content.type !== 'system';
}

/** Counts the unread again where the loaded messages reach back to the read mark; else keeps the server's count. */
function recount(state: ConversationState, me: string): ConversationState {
  const { summary, log } = state;
  if (summary.read >= summary.lastSeq) return { ...state, summary: { ...summary, unread: 0, mentions: 0 } };
  const first = log.messages[0];
  if (!first || (first.seq > summary.read + 1 && !log.complete)) return state;
  const unread = log.messages
    .slice(findSeq(log.messages, summary.read + 1))
    .filter((message) => isUnread(message, summary.read, me));
  const mentions = unread.filter((message) => message.mentions.includes(me)).length;
  return { ...state, summary: { ...summary, unread: unread.length, mentions } };
}
