import { backOff, type Clock } from './clock.ts';
import { beginCatchUp, createLog, endCatchUp, messagesBetween } from './conversation-log.ts';
import { applyUnread, type ConversationState } from './conversation-state.ts';
import type { Conversations } from './conversations.ts';
import type { ClientFrame, ErrorFrame, ResumedFrame } from './frames.ts';
import type { Position, StoredMessage } from './types.ts';

export interface SynchronizeDeps {
  readonly conversations: Conversations;
  readonly clock: Clock;
  readonly random: () => number;
  me(): string;
  send(frame: ClientFrame): boolean;
  nextRef(): number;
  /** A backlog brought this message; each once, in the order of seq. */
  onMessage(message: StoredMessage): void;
  onSynced(): void;
  /** Reads how everybody who is shown is shown now. */
  readUsers(): Promise<void>;
  onGap(conversation: string, reason: 'hole' | 'lost'): void;
}

/** Keeps every conversation level with the server: after connecting, and when a frame shows that something was missed. */
export interface Synchronize {
  /** A connection is ready. */
  start(): void;
  stop(): void;
  /** Something of this conversation was missed: resume it. */
  heal(conversation: string): void;
  /** A conversation was read beside the stream: resume it, for what came between. */
  level(conversation: string): void;
  /** A conversation that is not known: read it, then resume it. */
  discover(conversation: string): void;
  /** The counts of a conversation are known to the server only: read them soon, many at once. */
  count(conversation: string): void;
  /** The server may have told us too little: read the list again and who is shown, not all clients at once. */
  reread(): void;
  onResumed(frame: ResumedFrame): void;
  /** True: the error answered a resume of ours. */
  onError(frame: ErrorFrame): boolean;
}

type Resumed = ResumedFrame['conversations'][string];

/** Positions in one frame: well below its 256 KiB. */
const chunk = 500;

/** After what makes counts doubtful they are read: late enough for our own read mark to be told before (receipts.ts). */
const countMs = 400;
/** Beyond this many, one list is cheaper. */
const countSingly = 8;

/** A server tells all its clients at once that they may have missed something: they read their lists within this time. */
const rereadMs = 5_000;

export function createSynchronize(deps: SynchronizeDeps): Synchronize {
  const { conversations, clock } = deps;
  /** The resume that is under way; one at a time. */
  let current: { readonly ref: number; readonly ids: ReadonlySet<string>; readonly unanswered: Set<string> } | null =
    null;
  const waiting = new Set<string>();
  const discovering = new Set<string>();
  /** Conversations whose counts are to be read, with the readings that were too old. */
  const doubtful = new Map<string, number>();
  let counting = false;
  let listing = false;
  let run = 0;
  let attempt = 0;
  let synced = false;
  /** A connection is ready and the first resume has been sent. */
  let ready = false;
  let cancel: (() => void) | null = null;

  /** The list comes first: its heads are the positions to resume from, so nothing falls between list and live frames. */
  async function begin(mine: number): Promise<void> {
    const relist = conversations.listed;
    try {
      if (!relist) await conversations.list();
    } catch {
      if (mine === run) again(() => void begin(mine));
      return;
    }
    if (mine !== run) return;
    ready = true;
    waiting.clear();
    resume(conversations.all().map((state) => state.summary.id));
    if (relist) await readList(mine);
  }

  /** What no frame repeats (read marks, preferences, names) may have changed while we were away. */
  async function readList(mine: number): Promise<void> {
    listing = true;
    try {
      await conversations.list();
      if (mine === run) await deps.readUsers();
    } catch {
      if (mine === run) clock.after(backOff(attempt++, deps.random), () => mine === run && void readList(mine));
    } finally {
      listing = false;
    }
  }

  function count(id: string): void {
    if (doubtful.has(id)) return;
    doubtful.set(id, 0);
    countIn(countMs);
  }

  function countIn(ms: number): void {
    if (counting) return;
    counting = true;
    clock.after(ms, () => {
      counting = false;
      if (listing) countIn(countMs);
      else void readCounts(run);
    });
  }

  /** Reads what is still in doubt. An answer from before the latest change is asked for again, but not for ever. */
  async function readCounts(mine: number): Promise<void> {
    const ids = [...doubtful.keys()].filter((id) => conversations.get(id)?.countsStale);
    if (!ready || ids.length === 0) return doubtful.clear();
    try {
      if (ids.length > countSingly) await conversations.list();
      else await Promise.all(ids.map((id) => conversations.refresh(id)));
    } catch {
      // Asked again below.
    }
    if (mine !== run) return;
    for (const [id, tries] of doubtful) {
      if (conversations.get(id)?.countsStale && tries < 5) doubtful.set(id, ids.includes(id) ? tries + 1 : tries);
      else doubtful.delete(id);
    }
    if (doubtful.size > 0) countIn(backOff(Math.max(...doubtful.values()) - 1, deps.random));
  }

  function again(what: () => void, waitMs?: number): void {
    cancel?.();
    cancel = clock.after(waitMs ?? backOff(attempt++, deps.random), what);
  }

  function resume(ids: readonly string[]): void {
    const ref = deps.nextRef();
    current = { ref, ids: new Set(ids), unanswered: new Set(ids) };
    const positions: [string, Position][] = [];
    for (const id of ids) {
      const state = conversations.get(id);
      if (!state) continue;
      const { epoch, seq, rev } = state.log;
      positions.push([id, { epoch, seq, rev }]);
      conversations.set(id, { ...state, log: beginCatchUp(state.log) });
    }
    for (let at = 0; ; at += chunk) {
      const last = at + chunk >= positions.length;
      const part = Object.fromEntries(positions.slice(at, at + chunk));
      deps.send({ op: 'resume', ref, positions: part, ...(last ? {} : { more: true }) });
      if (last) return;
    }
  }

  /** An answer that stops below what was heard and brought nothing: the server is not level yet, so not at once. */
  function later(id: string): void {
    const mine = run;
    clock.after(backOff(attempt++, deps.random), () => {
      if (mine !== run) return;
      waiting.add(id);
      next();
    });
  }

  /** Begins the next resume when none is under way. */
  function next(): void {
    if (current || waiting.size === 0) return;
    const ids = [...waiting].filter((id) => conversations.get(id));
    waiting.clear();
    if (ids.length > 0) resume(ids);
  }

  function level(id: string): void {
    waiting.add(id);
    if (ready) next();
  }

  function discover(id: string): void {
    if (discovering.has(id)) return;
    discovering.add(id);
    const mine = run;
    conversations
      .refresh(id)
      .then((state) => {
        if (mine !== run || !state) return;
        level(id);
      })
      .catch(() => {
        if (mine === run) clock.after(backOff(attempt++, deps.random), () => mine === run && discover(id));
      })
      .finally(() => discovering.delete(id));
  }

  function settle(id: string, entry: Resumed, named: boolean): void {
    const state = conversations.get(id);
    if (entry.left) conversations.remove(id);
    else if (!state) discover(id);
    else if (named) move(id, state, entry);
  }

  /** Takes a conversation to where the backlog has brought it. */
  function move(id: string, state: ConversationState, entry: Resumed): void {
    if (entry.continuity === 'lost') {
      deps.onGap(id, 'lost');
      conversations.set(id, { ...state, log: createLog(entry), receipts: {} });
      discover(id);
      return;
    }
    const log = endCatchUp(state.log, entry);
    conversations.set(id, applyUnread({ ...state, log }, entry.unread, deps.me(), log.rev !== state.log.rev));
    for (const message of messagesBetween(log, state.log.seq, log.seq)) deps.onMessage(message);
    const behind = log.heardRev > log.rev;
    if (entry.continuity === 'more' || (behind && entry.rev > state.log.rev)) waiting.add(id);
    else if (behind) later(id);
    else if (entry.lastRev > state.summary.lastRev) discover(id);
  }

  return {
    start() {
      run++;
      attempt = 0;
      synced = false;
      void begin(run);
    },
    stop() {
      run++;
      ready = false;
      current = null;
      waiting.clear();
      doubtful.clear();
      cancel?.();
      cancel = null;
    },
    heal(id) {
      deps.onGap(id, 'hole');
      level(id);
    },
    level,
    discover,
    count,
    reread() {
      const mine = run;
      clock.after(Math.floor(deps.random() * rereadMs), () => mine === run && !listing && void readList(mine));
    },
    onResumed(frame) {
      if (!current || frame.ref !== current.ref) return;
      const { ids, unanswered } = current;
      for (const [id, entry] of Object.entries(frame.conversations)) {
        unanswered.delete(id);
        settle(id, entry, ids.has(id));
      }
      if (frame.more) return;
      current = null;
      attempt = 0;
      for (const id of unanswered) discover(id); // not told of, though asked: ours no more, as its reading will say
      next();
      if (!current && !synced) {
        synced = true;
        deps.onSynced();
      }
    },
    onError(frame) {
      if (!current || frame.ref !== current.ref) return false;
      const { ids } = current;
      current = null;
      const mine = run;
      again(() => mine === run && resume([...new Set([...ids, ...waiting])]), frame.retryAfterMs);
      return true;
    },
  };
}
