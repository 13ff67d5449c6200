import { toFailure } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { BusRecord } from '../../../ports/bus.ts';
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
  // Taken and not settled. After a failure the same entries come again, so they are kept here.
  let hand: Entry[] = [];
  let failures = 0;
  let refusals = 0;
  // While a poisoned record is searched by halving: how many entries at the front may hold it.
  let suspects = 0;
  let limit = Number.POSITIVE_INFINITY;
  let stopped = false;
  let busy: Promise<void> | undefined;
  // The handler call that is under way, and who waits for its end: no pause then.
  let current: Promise<void> = Promise.resolve();
  let waiters = 0;
  let endPause: () => void = () => {};

  async function run(): Promise<void> {
    // What wakes us in the middle of a turn is seen at its end.
    await Promise.resolve();
    while (!stopped && deps.mayHandle()) {
      const ours = hand.filter((entry) => isOurs(entry.held));
      if (ours.length === 0) {
        forget();
        hand = deps.take(deps.maxBatch);
      } else if (ours.length < hand.length) {
        forget();
        hand = ours;
      }
      if (hand.length === 0) break;
      current = step(hand.slice(0, limit));
      await current;
    }
    busy = undefined;
  }

  function forget(): void {
    failures = 0;
    refusals = 0;
    suspects = 0;
    limit = Number.POSITIVE_INFINITY;
  }

  async function step(batch: readonly Entry[]): Promise<void> {
    try {
      const [first] = batch;
      if (first && typeof first.record === 'string') await deps.setAside(first, first.record);
      else await deps.handler(batch.map((entry) => entry.record as BusRecord));
      settle(batch);
    } catch (thrown) {
      await onFailure(batch, thrown);
    }
  }

  function settle(batch: readonly Entry[]): void {
    hand = hand.slice(batch.length);
    failures = 0;
    refusals = 0;
    suspects = Math.max(0, suspects - batch.length);
    limit = suspects > 0 ? suspects : Number.POSITIVE_INFINITY;
    deps.settle(batch);
  }

  async function onFailure(batch: readonly Entry[], thrown: unknown): Promise<void> {
    const failure = toFailure(thrown);
    failures++;
    if (!failure.row.retryable) refusals++;
    limit = batch.length;
    deps.onRetry();
    if (!failure.row.retryable && (suspects > 0 || refusals >= deps.poisonAfter)) {
      if (await isolate(batch, failure.message)) return;
    }
    const pauseMs = Math.min(deps.retryMaxMs, deps.retryFirstMs * 2 ** Math.min(failures - 1, 20));
    const fields = { group: deps.group, records: batch.length, failures, pauseMs, err: thrown };
    deps.log.warn(fields, 'a consumer failed; the same records are handed over again');
    await rest(pauseMs);
  }

  /** Halves the batch until the one record that cannot be handled stands alone; its neighbours must not suffer for it. */
  async function isolate(batch: readonly Entry[], reason: string): Promise<boolean> {
    if (batch.length === 1) {
      try {
        await deps.setAside(batch[0]!, reason);
      } catch {
        // The broker is away: the record comes again, and with it the failure.
        return false;
      }
      settle(batch);
      return true;
    }
    if (suspects === 0) suspects = batch.length;
    limit = Math.ceil(batch.length / 2);
    return true;
  }

  async function rest(ms: number): Promise<void> {
    if (stopped || waiters > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function wake(): void {
    if (!stopped) busy ??= run();
  }

  return {
    wake,
    async idle() {
      waiters++;
      endPause();
      await current;
      waiters--;
    },
    async stop() {
      stopped = true;
      endPause();
      await busy;
    },
  };
}
