import { backOff, type Clock } from './clock.ts';
import type { ClientFrame, ErrorFrame } from './frames.ts';

export interface Marks {
  readonly delivered?: number;
  readonly read?: number;
}

/**
 * Gathers our watermarks and tells the server at most one frame per conversation and interval; keeps them while offline. The
 * server answers only what it refuses: what it refused for now, and what was told just before the connection went, is told again.
 */
export interface ReceiptQueue {
  add(conversation: string, marks: Marks): void;
  flush(): void;
  /** True: the error is about a watermark of ours that will be told again. */
  onError(frame: ErrorFrame): boolean;
  offline(): void;
  clear(): void;
}

const everyMs = 300;
/** A frame that was neither refused nor cut off in this time has arrived; the server gives up sooner. */
const doubtMs = 60_000;

interface Flight {
  readonly conversation: string;
  readonly marks: Marks;
  readonly at: number;
}

export function createReceiptQueue(deps: {
  readonly clock: Clock;
  readonly random: () => number;
  nextRef(): number;
  send(frame: ClientFrame): boolean;
}): ReceiptQueue {
  const { clock } = deps;
  const pending = new Map<string, Marks>();
  /** In the order of sending. */
  const flights = new Map<number, Flight>();
  let timer = false;
  let refusals = 0;

  function flush(): void {
    land();
    for (const [conversation, marks] of pending) {
      const ref = deps.nextRef();
      if (!deps.send({ op: 'receipt', ref, conversation, ...marks })) return;
      pending.delete(conversation);
      flights.set(ref, { conversation, marks, at: clock.now() });
    }
  }

  /** Forgets what has arrived by now. */
  function land(): void {
    for (const [ref, { at }] of flights) {
      if (at > clock.now() - doubtMs) return;
      flights.delete(ref);
      refusals = 0;
    }
  }

  function keep(conversation: string, marks: Marks): void {
    const before = pending.get(conversation);
    pending.set(conversation, { ...highest('delivered', before, marks), ...highest('read', before, marks) });
  }

  function flushIn(ms: number): void {
    if (timer) return;
    timer = true;
    clock.after(ms, () => {
      timer = false;
      flush();
    });
  }

  return {
    add(conversation, marks) {
      keep(conversation, marks);
      flushIn(everyMs);
    },
    flush,
    onError({ ref, retryable, retryAfterMs }) {
      const flight = typeof ref === 'number' ? flights.get(ref) : undefined;
      if (!flight) return false;
      flights.delete(ref as number);
      if (!retryable) return false;
      keep(flight.conversation, flight.marks);
      flushIn(retryAfterMs ?? backOff(refusals++, deps.random));
      return true;
    },
    offline() {
      land();
      for (const { conversation, marks } of flights.values()) keep(conversation, marks);
      flights.clear();
    },
    clear() {
      pending.clear();
      flights.clear();
    },
  };
}

function highest(name: keyof Marks, ...all: readonly (Marks | undefined)[]): Marks {
  const values = all.map((marks) => marks?.[name]).filter((value) => value !== undefined);
  return values.length > 0 ? { [name]: Math.max(...values) } : {};
}
