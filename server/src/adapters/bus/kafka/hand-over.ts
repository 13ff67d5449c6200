import type { Log } from '../../../kernel/log.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import { createRetry } from '../create-retry.ts';
import type { Entry } from './held-partition.ts';
import { isOurs } from './held-partition.ts';

export interface HandOverDeps {
  readonly group: string;
  readonly handler: (records: readonly BusRecord[]) => Promise<void>;
  readonly maxBatch: number;
  readonly poisonAfter: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  readonly log: Log;
  /** The next entries, at most `max`; none: there are none now. */
  take(max: number): Entry[];
  /** They are done with. */
  settle(entries: readonly Entry[]): void;
  /** Resolves when the dead letter is safe. */
  setAside(entry: Entry, reason: string): Promise<void>;
  onRetry(): void;
  /** False: nothing may be handed over now; `wake` when that changes. */
  mayHandle(): boolean;
}

/** Hands records to the handler of one member, one call at a time. */
export interface HandOver {
  /** There may be something to hand over. */
  wake(): void;
  /** Resolves when the call that is under way has ended. */
  idle(): Promise<void>;
  /** Resolves when the call that is under way has ended; there is no other after it. */
  stop(): Promise<void>;
}

export function createHandOver(deps: HandOverDeps): HandOver {
  const retry = createRetry<Entry>(deps);
  // Taken and not settled. After a failure the same entries come again, so they are kept here.
  let hand: Entry[] = [];
  let stopped = false;
  let busy: Promise<void> | undefined;
  // The handler call that is under way, and who waits for its end: no pause then.
  let current: Promise<void> = Promise.resolve();
  let waiters = 0;

  async function run(): Promise<void> {
    // What wakes us in the middle of a turn is seen at its end.
    await Promise.resolve();
    while (!stopped && deps.mayHandle()) {
      const ours = hand.filter((entry) => isOurs(entry.held));
      if (ours.length === 0) {
        retry.forget();
        hand = deps.take(deps.maxBatch);
      } else if (ours.length < hand.length) {
        retry.forget();
        hand = ours;
      }
      if (hand.length === 0) break;
      current = step(hand.slice(0, retry.limit));
      await current;
    }
    busy = undefined;
  }

  async function step(records: readonly Entry[]): Promise<void> {
    try {
      const [first] = records;
      if (first && typeof first.record === 'string') await deps.setAside(first, first.record);
      else await deps.handler(records.map((entry) => entry.record as BusRecord));
    } catch (thrown) {
      if (!(await onFailure(records, thrown))) return;
    }
    hand = hand.slice(records.length);
    retry.settled(records.length);
    deps.settle(records);
  }

  function onFailure(records: readonly Entry[], thrown: unknown): Promise<boolean> {
    const { poisonAfter, setAside } = deps;
    return retry.onFailure({ records, thrown, poisonAfter, setAside, mayPause: () => !stopped && waiters === 0 });
  }

  function wake(): void {
    if (!stopped) busy ??= run();
  }

  return {
    wake,
    async idle() {
      waiters++;
      retry.endPause();
      await current;
      waiters--;
    },
    async stop() {
      stopped = true;
      retry.endPause();
      await busy;
    },
  };
}
