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
  /** Something changed that only the server can count: a message that is not loaded was edited, deleted or read. */
  readonly countsStale: boolean;
}

export interface Step {
  readonly state: ConversationState;
  readonly outcome: 'applied' | 'old' | 'gap';
}

export function createConversationState(summary: Conversation): ConversationState {
  return { summary, log: createLog(summary), receipts: {}, typing: [], countsStale: false };
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
  return { state: countChange(state, { ...next, summary }, frame, me), outcome };
}

/** The last message is shown in the list even when the conversation's messages are not loaded. */
function patchLast(last: StoredMessage, frame: MessageFrame): StoredMessage {
  if (frame.op === 'edited') return frame as StoredMessage;
  return frame.op === 'deleted' ? { ...last, content: null, rev: frame.rev } : last;
}

/** Folds a frame about members, settings or the reader's own preferences. Their role comes with a fresh summary. */
export function applyConversationFrame(state: ConversationState, frame: ConversationFrame): Step {
  const { log, outcome } = applyRev(state.log, frame.rev, frame.since);
  const { name, topic, avatar, visibility, history, memberCount, updatedAt } = frame.conversation;
  // An answer that was read later may have come before it.
  const isOlder = (frame.conversation.preferencesVersion ?? 0) < state.summary.preferencesVersion;
  const own = isOlder ? {} : preferencesOf(frame.conversation);
  const known = { name, topic, avatar, visibility, history, memberCount, updatedAt, ...own };
  const told = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const lastRev = Math.max(state.summary.lastRev, log.rev);
  const summary: Conversation = { ...state.summary, memberCount: countMembers(state.summary, frame), ...told, lastRev };
  const next = { ...state, log, summary };
  // Who has left writes no more.
  return { state: frame.change === 'left' && frame.user ? applyTyping(next, frame.user, false) : next, outcome };
}

type OwnField = 'muted' | 'mutedUntil' | 'archived' | 'pinned' | 'notify' | 'preferencesVersion';

/** The reader's own side of it; all of one version. */
export function preferencesOf<C extends Pick<ConversationFrame['conversation'], OwnField>>(
  conversation: C,
): Pick<C, OwnField> {
  const { muted, mutedUntil, archived, pinned, notify, preferencesVersion } = conversation;
  return { muted, mutedUntil, archived, pinned, notify, preferencesVersion };
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

/** The server counts this far and no farther. */
const unreadLimit = 1_000;

function countMessage(state: ConversationState, message: StoredMessage, me: string): ConversationState {
  const { summary, log } = state;
  const last = summary.lastMessage;
  const shown = { ...(messageAt(log.messages, message.seq) ?? message) };
  const isNew = isUnread(message, summary.read, me) && message.seq > summary.lastSeq;
  const unread = isNew && summary.unread < unreadLimit ? 1 : 0;
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

/** Counts anew after an edit or a deletion. A summary read after it has counted it already. */
function countChange(
  before: ConversationState,
  after: ConversationState,
  frame: MessageFrame,
  me: string,
): ConversationState {
  const { read, lastRev, lastMessage, unread } = before.summary;
  // What a backlog changes is counted when it is whole.
  if ((frame.op !== 'edited' && frame.op !== 'deleted') || before.log.catchingUp) return after;
  if (frame.seq! <= read || frame.rev! <= lastRev) return after;
  if (reachesBack(after)) return recount(after, me);
  const known = messageAt(before.log.messages, frame.seq!) ?? (lastMessage?.seq === frame.seq ? lastMessage : null);
  const sender = frame.op === 'edited' ? frame.sender.id : known?.sender.id;
  if (sender === me) return after;
  if (!known || unread >= unreadLimit) return { ...after, countsStale: true };
  const was = weigh(known, read, me);
  const is = frame.op === 'edited' ? weigh(frame as StoredMessage, read, me) : { unread: 0, mentions: 0 };
  return {
    ...after,
    summary: {
      ...after.summary,
      unread: after.summary.unread + is.unread - was.unread,
      mentions: after.summary.mentions + is.mentions - was.mentions,
    },
  };
}

/**
 * The server's count of the unread, as of its own read mark. Ours may be ahead of it, its answer still on the way: what we
 * can count ourselves we do. Where that differs, or nobody told of the mentions, a fresh summary decides.
 */
export function applyUnread(state: ConversationState, unread: number, me: string, moved: boolean): ConversationState {
  const counted = recount({ ...state, countsStale: false }, me);
  const exact = !counted.countsStale;
  const stale = state.countsStale || (exact ? counted : state).summary.unread !== unread || (moved && !exact);
  const summary = exact ? counted.summary : { ...state.summary, unread };
  return { ...state, summary, countsStale: stale };
}

function isUnread(message: StoredMessage, read: number, me: string): boolean {
  if (message.seq <= read || message.sender.id === me) return false;
  return message.content !== null && message.content.type !== 'system';
}

/** What one message adds to the counts. */
function weigh(message: StoredMessage, read: number, me: string) {
  const unread = isUnread(message, read, me) ? 1 : 0;
  return { unread, mentions: unread && message.mentions.includes(me) ? 1 : 0 };
}

/** Whether everything after the read mark is loaded, and as new as the summary. */
function reachesBack({ summary, log }: ConversationState): boolean {
  if (log.catchingUp || log.rev < summary.lastRev) return false;
  const first = log.messages[0];
  return log.complete || (first !== undefined && first.seq <= summary.read + 1);
}

/** Counts the unread again where the loaded messages reach back to the read mark; else only the server can. */
function recount(state: ConversationState, me: string): ConversationState {
  const { summary, log } = state;
  if (summary.read >= Math.max(summary.lastSeq, log.seq)) {
    return { ...state, summary: { ...summary, unread: 0, mentions: 0 }, countsStale: false };
  }
  if (!reachesBack(state)) return { ...state, countsStale: true };
  const unread = log.messages
    .slice(findSeq(log.messages, summary.read + 1))
    .filter((message) => isUnread(message, summary.read, me))
    .slice(0, unreadLimit);
  const mentions = unread.filter((message) => message.mentions.includes(me)).length;
  return { ...state, summary: { ...summary, unread: unread.length, mentions }, countsStale: false };
}
