import { backOff, type Clock } from './clock.ts';
import { type Draft, parseDraft, type Sent } from './draft.ts';
import { ParleyError } from './errors.ts';
import type { ErrorFrame } from './frames.ts';
import type { KeyValueStore } from './key-value-store.ts';

export interface OutboxDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: KeyValueStore;
  /** Prefix of this account's drafts in the store. */
  readonly prefix: string;
  /** Unanswered sends at a time. */
  readonly window: number;
  readonly maxDrafts: number;
  /** Sends one draft; false: the connection has gone. */
  transmit(draft: Draft, ref: number): boolean;
  onSent(draft: Draft, sent: Sent): void;
  onFailed(draft: Draft, error: ParleyError): void;
  /** The drafts of a conversation are not what they were. */
  onChange(conversation: string): void;
}

export interface Outbox {
  /** Throws `outbox.full`. */
  add(draft: Omit<Draft, 'order' | 'state' | 'error'>): Draft;
  /** In the order of writing. */
  drafts(conversation: string): readonly Draft[];
  conversations(): readonly string[];
  /** A connection is ready: everything waiting goes out again, in order. */
  online(): void;
  offline(): void;
  onAnswer(ref: number, answer: { readonly seq: number; readonly rev: number; readonly createdAt: string }): void;
  /** False: no send of ours has this ref. */
  onError(ref: number, error: ErrorFrame): boolean;
  /** Our own message was seen in the conversation: as good as an answer. */
  settle(sent: Sent): void;
  retry(conversation: string, id: string): void;
  discard(conversation: string, id: string): void;
  /** Milliseconds the oldest send has been waiting for its answer; 0: none does. */
  oldestMs(): number;
  /** Takes up what an earlier run left in the store. */
  load(): void;
  /** Forgets everything here, not in the store. */
  stop(): void;
}

/** The drafts of one conversation, in order; the unit of order and of holding back. */
interface Lane {
  /** Replaced, never changed: the answer of `drafts` stays as it was. */
  drafts: readonly Draft[];
  /** After a retryable error nothing is sent until all sends in flight are answered and the time has come (rule 5). */
  holding: boolean;
  attempt: number;
  cancel: (() => void) | null;
}

/** A draft on the wire; `order` tells it from another one that was given its id later. */
interface Flight {
  readonly conversation: string;
  readonly id: string;
  readonly order: number;
  /** Unix milliseconds. */
  readonly at: number;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, store, prefix } = deps;
  const lanes = new Map<string, Lane>();
  const flights = new Map<number, Flight>();
  let connected = false;
  let nextRef = 1;
  let lastOrder = 0;

  const keyOf = (draft: Pick<Draft, 'conversation' | 'id'>) => `${prefix}${draft.conversation}.${draft.id}`;

  function laneOf(conversation: string): Lane {
    let lane = lanes.get(conversation);
    if (!lane) {
      lane = { drafts: [], holding: false, attempt: 0, cancel: null };
      lanes.set(conversation, lane);
    }
    return lane;
  }

  function keep(draft: Draft): void {
    try {
      store.set(keyOf(draft), JSON.stringify(draft));
    } catch {
      // A full store: the draft lives as long as this page.
    }
  }

  function update(lane: Lane, id: string, change: Partial<Draft>): Draft | undefined {
    const at = lane.drafts.findIndex((draft) => draft.id === id);
    if (at < 0) return undefined;
    const draft = { ...lane.drafts[at]!, ...change };
    lane.drafts = lane.drafts.with(at, draft);
    return draft;
  }

  function take(conversation: string, id: string): Draft | undefined {
    const lane = lanes.get(conversation);
    const draft = lane?.drafts.find((candidate) => candidate.id === id);
    if (!lane || !draft) return undefined;
    lane.drafts = lane.drafts.filter((other) => other !== draft);
    store.remove(keyOf(draft));
    return draft;
  }

  /** Sends what may be sent, lane by lane, in order within a lane. */
  function pump(): void {
    if (!connected) return;
    for (const [conversation, lane] of lanes) {
      if (lane.holding) continue;
      let touched = false;
      for (const draft of lane.drafts) {
        if (flights.size >= deps.window) break;
        if (draft.state !== 'waiting') continue;
        const ref = nextRef++;
        if (!deps.transmit(draft, ref)) break;
        flights.set(ref, { conversation, id: draft.id, order: draft.order, at: clock.now() });
        update(lane, draft.id, { state: 'sending' });
        touched = true;
      }
      if (touched) deps.onChange(conversation);
    }
  }

  /**
   * The draft this answer is about. None: its own frame came first and settled it; another draft may have its id by now, and
   * that one has an answer of its own to wait for.
   */
  function land(ref: number): { conversation: string; id: string } | undefined {
    const flight = flights.get(ref);
    flights.delete(ref);
    if (!flight) return undefined;
    const { conversation, id, order } = flight;
    const lane = laneOf(conversation);
    if (lane.drafts.some((draft) => draft.id === id && draft.order === order)) return { conversation, id };
    release(conversation, lane);
    pump();
    return undefined;
  }

  const inFlight = (conversation: string) => [...flights.values()].some((f) => f.conversation === conversation);

  /** Ends a hold when nothing of the lane is in flight any more and its time has come. */
  function release(conversation: string, lane: Lane): void {
    if (lane.holding && lane.cancel === null && !inFlight(conversation)) lane.holding = false;
  }

  function hold(conversation: string, lane: Lane, waitMs: number): void {
    lane.holding = true;
    lane.cancel?.();
    lane.cancel = clock.after(waitMs, () => {
      lane.cancel = null;
      release(conversation, lane);
      pump();
    });
  }

  function settle(sent: Sent): void {
    const draft = take(sent.conversation, sent.id);
    const lane = laneOf(sent.conversation);
    if (draft) {
      lane.attempt = 0;
      deps.onSent(draft, sent);
      deps.onChange(sent.conversation);
    }
    release(sent.conversation, lane);
    pump();
  }

  return {
    add(parts) {
      let count = 0;
      for (const lane of lanes.values()) count += lane.drafts.length;
      if (count >= deps.maxDrafts) {
        throw new ParleyError(
          'outbox.full',
          `${count} messages are waiting to be sent: wait until some have gone out.`,
        );
      }
      lastOrder = Math.max(lastOrder + 1, clock.now());
      const draft: Draft = { ...parts, order: lastOrder, state: 'waiting' };
      const lane = laneOf(draft.conversation);
      lane.drafts = [...lane.drafts, draft];
      keep(draft);
      deps.onChange(draft.conversation);
      pump();
      return draft;
    },
    drafts: (conversation) => lanes.get(conversation)?.drafts ?? [],
    conversations: () => [...lanes].filter(([, lane]) => lane.drafts.length > 0).map(([id]) => id),
    online() {
      connected = true;
      pump();
    },
    offline() {
      connected = false;
      flights.clear();
      for (const [conversation, lane] of lanes) {
        lane.cancel?.();
        lane.cancel = null;
        lane.holding = false;
        for (const draft of lane.drafts) if (draft.state === 'sending') update(lane, draft.id, { state: 'waiting' });
        if (lane.drafts.length > 0) deps.onChange(conversation);
      }
    },
    onAnswer(ref, answer) {
      const flight = land(ref);
      if (flight) settle({ ...flight, seq: answer.seq, rev: answer.rev, createdAt: answer.createdAt });
    },
    onError(ref, error) {
      const ours = flights.has(ref);
      const flight = land(ref);
      if (!flight) return ours; // its own frame came first: it is stored, whatever this answer says
      const lane = laneOf(flight.conversation);
      if (error.retryable || error.code === 'token.expired') {
        update(lane, flight.id, { state: 'waiting' });
        hold(flight.conversation, lane, error.retryAfterMs ?? backOff(lane.attempt++, deps.random));
      } else {
        const failed = update(lane, flight.id, {
          state: 'failed',
          error: { code: error.code, message: error.message },
        });
        if (failed) {
          keep(failed);
          deps.onFailed(failed, new ParleyError(error.code, error.message));
        }
        release(flight.conversation, lane);
      }
      deps.onChange(flight.conversation);
      pump();
      return true;
    },
    settle,
    retry(conversation, id) {
      const lane = laneOf(conversation);
      const draft = lane.drafts.find((candidate) => candidate.id === id);
      if (draft?.state !== 'failed') return;
      // Written again now, so to say: it goes behind what was written since.
      lastOrder = Math.max(lastOrder + 1, clock.now());
      const again: Draft = { ...draft, state: 'waiting', error: undefined, order: lastOrder };
      lane.drafts = [...lane.drafts.filter((other) => other !== draft), again];
      keep(again);
      deps.onChange(conversation);
      pump();
    },
    discard(conversation, id) {
      const draft = lanes.get(conversation)?.drafts.find((candidate) => candidate.id === id);
      // What is in flight will be answered in a moment. One sent on an earlier connection may have arrived: then it shows.
      if (!draft || draft.state === 'sending') return;
      take(conversation, id);
      deps.onFailed(draft, new ParleyError('draft.discarded', 'The message was discarded.'));
      deps.onChange(conversation);
    },
    oldestMs() {
      let oldest = clock.now();
      for (const flight of flights.values()) oldest = Math.min(oldest, flight.at);
      return clock.now() - oldest;
    },
    load() {
      const found: Draft[] = [];
      for (const key of store.keys()) {
        if (!key.startsWith(prefix)) continue;
        const draft = parseDraft(store.get(key));
        if (draft && !laneOf(draft.conversation).drafts.some((other) => other.id === draft.id)) found.push(draft);
      }
      for (const draft of found) {
        lastOrder = Math.max(lastOrder, draft.order);
        const lane = laneOf(draft.conversation);
        lane.drafts = [...lane.drafts, draft].sort((a, b) => a.order - b.order);
      }
      for (const conversation of new Set(found.map((draft) => draft.conversation))) deps.onChange(conversation);
      pump();
    },
    stop() {
      for (const lane of lanes.values()) lane.cancel?.();
      lanes.clear();
      flights.clear();
      connected = false;
    },
  };
}
