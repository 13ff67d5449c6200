import type { HistoryPage, Position, StoredMessage } from './types.ts';

/**
 * What the client holds of one conversation's messages: the end of its history as far back as it was loaded, and the position
 * up to which everything has been applied. Plain data; changed only by the pure functions beside it and in apply-frame.
 */
export interface ConversationLog extends Position {
  /** Ascending by seq. Everything between the first of them and `seq` that the reader may see is here. */
  readonly messages: readonly StoredMessage[];
  /** Nothing older than the first message is left to load. */
  readonly complete: boolean;
  /** Between `resume` and `resumed`: frames are a backlog, and do not move the position. */
  readonly catchingUp: boolean;
  /** The highest rev heard of; beyond `rev`: something is missing. */
  readonly heardRev: number;
  /** The highest rev of a change to a message that is not loaded: a page read before it would be stale. */
  readonly unseenRev: number;
}

export function createLog(head: { epoch: string; lastSeq: number; lastRev: number }): ConversationLog {
  return {
    epoch: head.epoch,
    seq: head.lastSeq,
    rev: head.lastRev,
    messages: [],
    complete: head.lastSeq === 0,
    catchingUp: false,
    heardRev: head.lastRev,
    unseenRev: 0,
  };
}

/** Index of the first message whose seq is not below `seq`. */
export function findSeq(messages: readonly StoredMessage[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function messageAt(messages: readonly StoredMessage[], seq: number): StoredMessage | undefined {
  const found = messages[findSeq(messages, seq)];
  return found?.seq === seq ? found : undefined;
}

/** The messages held with `after` < seq ≤ `upTo`. */
export function messagesBetween({ messages }: ConversationLog, after: number, upTo: number): readonly StoredMessage[] {
  return messages.slice(findSeq(messages, after + 1), findSeq(messages, upTo + 1));
}

/** Puts a message in its place, unless a later state of it is there (MESSAGE-PATH rule 8: never an older rev). */
export function upsert(messages: readonly StoredMessage[], message: StoredMessage): readonly StoredMessage[] {
  const at = findSeq(messages, message.seq);
  const present = messages[at];
  if (present?.seq !== message.seq) return messages.toSpliced(at, 0, message);
  return present.rev > message.rev ? messages : messages.with(at, message);
}

/** Puts what our own acknowledged draft became into its place before its frame arrives; the position waits for the frame. */
export function insertOwn(log: ConversationLog, message: StoredMessage): ConversationLog {
  // What is here came from the server and may have been changed since: it knows more than the draft.
  if (message.seq <= log.seq || messageAt(log.messages, message.seq)) return log;
  return { ...log, messages: upsert(log.messages, message) };
}

/** The seq that the next older page must lie before. */
export function olderThan(log: ConversationLog): number {
  return Math.min(log.messages[0]?.seq ?? Number.POSITIVE_INFINITY, log.seq + 1);
}

/**
 * Joins a page of older history to the front. `stale`: a message that is not loaded changed after the page was read, so
 * that the page may show its old state: read it again. A page of another epoch is refused the same way.
 */
export function prependPage(
  log: ConversationLog,
  page: HistoryPage,
  limit: number,
): { readonly log: ConversationLog; readonly stale: boolean } {
  if (page.epoch !== log.epoch || page.lastRev < log.unseenRev) return { log, stale: true };
  let messages = log.messages;
  const before = olderThan(log);
  const older = page.items.filter((message) => message.seq < before);
  if (older.length > 0) messages = [...older, ...messages];
  return { log: { ...log, messages, complete: page.items.length < limit }, stale: false };
}

/** Drops the oldest messages when there are far too many; they can be loaded again. Not of a backlog: it must be told first. */
export function trimLog(log: ConversationLog, keep: number): ConversationLog {
  if (log.catchingUp || log.messages.length <= keep * 1.25) return log;
  return { ...log, messages: log.messages.slice(-keep), complete: false };
}

/** Begins catching up from the present position. */
export function beginCatchUp(log: ConversationLog): ConversationLog {
  return log.catchingUp ? log : { ...log, catchingUp: true };
}

/** Ends it at the position that `resumed` gives. The answer may stop below what was heard: then the caller resumes again. */
export function endCatchUp(log: ConversationLog, position: Position): ConversationLog {
  return {
    ...log,
    epoch: position.epoch,
    seq: position.seq,
    rev: position.rev,
    heardRev: Math.max(log.heardRev, position.rev),
    catchingUp: false,
  };
}
