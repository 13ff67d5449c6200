import type { Api } from './api.ts';
import { trimLog } from './conversation-log.ts';
import { type ConversationState, createConversationState, preferencesOf } from './conversation-state.ts';
import { toParleyError } from './errors.ts';
import { showUser } from './show-user.ts';
import type { Conversation, Profile } from './types.ts';
import type { Users } from './users.ts';

/** The conversations of the signed-in account, by id; whoever changes one says so here. */
export interface Conversations {
  get(id: string): ConversationState | undefined;
  all(): readonly ConversationState[];
  /** False until the list has been read once: what is not known then may still exist. */
  readonly listed: boolean;
  set(id: string, state: ConversationState): void;
  remove(id: string): void;
  /** Tells `update` without a change of state (drafts). */
  touch(id: string): void;
  /** Reads the whole list; keeps the logs that are there. What it does not hold is read by itself: the list moves. */
  list(): Promise<void>;
  /** Reads one anew: summary, role, counts. Undefined: it is not ours any more. */
  refresh(id: string): Promise<ConversationState | undefined>;
  /** Shows somebody as they are now. */
  show(profile: Profile): void;
  clear(): void;
}

export function createConversations(deps: {
  readonly api: Api;
  readonly users: Users;
  /** Loaded messages that a conversation keeps. */
  readonly keepMessages: number;
  onUpdate(ids: readonly string[]): void;
  /** Its counts are known to the server only: read it anew. */
  onStale(id: string): void;
}): Conversations {
  const states = new Map<string, ConversationState>();
  const dirty = new Set<string>();
  let listed = false;
  let generation = 0;

  function touch(id: string): void {
    if (dirty.size === 0) {
      queueMicrotask(() => {
        const ids = [...dirty];
        dirty.clear();
        deps.onUpdate(ids);
      });
    }
    dirty.add(id);
  }

  function set(id: string, state: ConversationState): void {
    const log = trimLog(state.log, deps.keepMessages);
    states.set(id, log === state.log ? state : { ...state, log });
    touch(id);
    if (state.countsStale) deps.onStale(id);
  }

  function remove(id: string): void {
    if (states.delete(id)) touch(id);
  }

  /** Takes a summary read from the server. Of one that is known, the log and the position stay: frames move them. */
  function adopt(read: Conversation): ConversationState {
    // A restored backup has older versions of everybody.
    if ((states.get(read.id)?.log.epoch ?? read.epoch) !== read.epoch) deps.users.clear();
    const summary = deps.users.inSummary(read);
    const known = states.get(summary.id);
    const fresh = createConversationState(summary);
    if (!known || known.log.epoch !== summary.epoch) {
      // A resume under way from the former history will be answered `lost`: until then frames are no holes of this one.
      const next = known?.log.catchingUp ? { ...fresh, log: known.log } : fresh;
      set(summary.id, next);
      return next;
    }
    const delivered = Math.max(known.summary.delivered, summary.delivered);
    // An answer from before our latest frames or our latest read mark says nothing of the counts as they are now.
    const counted = summary.lastRev >= known.summary.lastRev && summary.read >= known.summary.read;
    const countsStale = known.countsStale && !counted;
    const next = { ...known, summary: { ...newer(known.summary, summary), delivered }, countsStale };
    set(summary.id, next);
    return next;
  }

  async function refresh(id: string): Promise<ConversationState | undefined> {
    const mine = generation;
    try {
      const summary = await deps.api.getConversation(id);
      if (mine !== generation) return undefined;
      if (summary.role === null) {
        remove(id);
        return undefined;
      }
      return adopt(summary);
    } catch (error) {
      const { status } = toParleyError(error);
      if (mine === generation && (status === 403 || status === 404)) {
        remove(id);
        return undefined;
      }
      throw error;
    }
  }

  return {
    get: (id) => states.get(id),
    all: () => [...states.values()],
    get listed() {
      return listed;
    },
    set,
    remove,
    touch,
    async list() {
      const mine = generation;
      const missing = new Set(states.keys());
      let after: string | undefined;
      do {
        const page = await deps.api.listConversations({ limit: 200, ...(after ? { after } : {}) });
        if (mine !== generation) return;
        for (const summary of page.items) {
          missing.delete(summary.id);
          adopt(summary);
        }
        after = page.next ?? undefined;
      } while (after);
      listed = true;
      for (const id of missing) if (states.has(id)) await refresh(id);
    },
    refresh,
    show(profile) {
      for (const [id, state] of states) {
        const shown = showUser(state, profile);
        if (shown !== state) set(id, shown);
      }
    },
    clear() {
      generation++;
      for (const id of [...states.keys()]) remove(id);
      listed = false;
    },
  };
}

/** An answer read before the latest frames must turn neither counts nor preferences back. */
function newer(known: Conversation, read: Conversation): Conversation {
  const { lastSeq, lastRev, lastMessage, unread, mentions } = known;
  const ahead = known.read > read.read ? { read: known.read, unread, mentions } : {};
  const own = known.preferencesVersion > read.preferencesVersion ? preferencesOf(known) : {};
  if (read.lastRev >= known.lastRev) return { ...read, ...ahead, ...own };
  return { ...read, ...own, lastSeq, lastRev, lastMessage, unread, mentions, ...ahead };
}
