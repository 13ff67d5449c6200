import { setTimeout as pause } from 'node:timers/promises';
import { toFailure } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';

export interface RetryDeps {
  readonly group: string;
  readonly log: Log;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  onRetry(): void;
}

export interface FailedBatch<R> {
  readonly records: readonly R[];
  readonly thrown: unknown;
  /** Refusals in a row, of the same records, after which one of them is taken for poison. */
  readonly poisonAfter: number;
  /** Resolves when the dead letter is safe. */
  setAside(record: R, reason: string): void | Promise<void>;
  /** False: nobody waits before the next attempt. */
  mayPause(): boolean;
}

/**
 * What becomes of records that a handler did not take: they come again, in order, after a pause that grows. When no retry can
 * help, the record at fault is looked for by halving the batch, and set aside when it stands alone: its neighbours must not
 * suffer for it.
 */
export interface Retry<R> {
  /** How many records to hand over at the most: after a failure no more than failed, so that the same records come again. */
  readonly limit: number;
  /** The first `count` records were handled. */
  settled(count: number): void;
  /** Resolves when the next attempt may begin. True: the only record was set aside, and is done with. */
  onFailure(batch: FailedBatch<R>): Promise<boolean>;
  /** What has failed is not ours to hand over any more. */
  forget(): void;
  endPause(): void;
}

export function createRetry<R>(deps: RetryDeps): Retry<R> {
  // In a row, and how many of them no retry can help.
  let failures = 0;
  let refusals = 0;
  let limit = Number.POSITIVE_INFINITY;
  // While the record at fault is looked for: how many records at the front may hold it.
  let suspects = 0;
  let forgotten = 0;
  let resting = new AbortController();

  function settled(count: number): void {
    failures = 0;
    refusals = 0;
    suspects = Math.max(0, suspects - count);
    limit = suspects > 0 ? suspects : Number.POSITIVE_INFINITY;
  }

  async function onFailure(batch: FailedBatch<R>): Promise<boolean> {
    const { records, thrown, poisonAfter } = batch;
    const failure = toFailure(thrown);
    failures++;
    if (!failure.row.retryable) refusals++;
    limit = records.length;
    deps.onRetry();
    if (failure.row.retryable || (suspects === 0 && refusals < poisonAfter)) {
      await hold(batch, thrown);
      return false;
    }
    if (records.length === 1) return await isSetAside(batch, failure.message);
    if (suspects === 0) suspects = records.length;
    limit = Math.ceil(records.length / 2);
    return false;
  }

  async function isSetAside(batch: FailedBatch<R>, reason: string): Promise<boolean> {
    const before = forgotten;
    try {
      await batch.setAside(batch.records[0]!, reason);
      return true;
    } catch (thrown) {
      // The broker is away: the record comes again, and with it the failure.
      if (forgotten === before) await hold(batch, thrown);
      return false;
    }
  }

  async function hold({ records, mayPause }: FailedBatch<R>, thrown: unknown): Promise<void> {
    const pauseMs = Math.min(deps.retryMaxMs, deps.retryFirstMs * 2 ** Math.min(failures - 1, 20));
    const fields = { group: deps.group, records: records.length, failures, pauseMs, err: thrown };
    deps.log.warn(fields, 'a consumer failed; the same records are handed over again');
    if (!mayPause()) return;
    resting = new AbortController();
    await pause(pauseMs, undefined, { signal: resting.signal }).catch(() => {});
  }

  return {
    get limit() {
      return limit;
    },
    settled,
    onFailure,
    forget() {
      forgotten++;
      settled(Number.POSITIVE_INFINITY);
    },
    endPause: () => resting.abort(),
  };
}
