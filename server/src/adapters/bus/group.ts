import { toFailure } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { BusRecord, GroupOptions, Subscription } from '../../ports/bus.ts';
import { createGroupQueue, type Segment } from './group-queue.ts';

export interface GroupDeps {
  readonly name: string;
  readonly topics: ReadonlySet<string>;
  readonly log: Log;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Records have left the queue. */
  onSettled(): void;
  onRetry(): void;
  /** The record counts as handled when this resolves; a rejection is an outage like any other. */
  onDead(record: BusRecord, reason: string): void | Promise<void>;
}

type Handler = (records: readonly BusRecord[]) => Promise<void>;

interface Member {
  readonly handler: Handler;
  readonly maxBatch: number;
  readonly poisonAfter: number;
  closing: boolean;
  /** The handler call or the pause before the next one. */
  busy: Promise<void>;
  /** Ends the pause. */
  wake: () => void;
}

/**
 * A consumer group, or one process's share of it: one queue, one batch in hand at a time, its members taking turns. Held
 * records are retried here, in order; nothing is given back to a broker (MESSAGE-PATH rule 24).
 */
export interface Group {
  readonly topics: ReadonlySet<string>;
  readonly queuedBytes: number;
  enqueue(segment: Segment): void;
  join(handler: Handler, options: GroupOptions): Subscription;
  /** Forgets what waits and what is in hand, without settling it: the broker will bring it again. */
  abandon(): void;
  close(): Promise<void>;
}

export const defaultMaxBatch = 1_000;
export const defaultPoisonAfter = 5;

export function createGroup(deps: GroupDeps): Group {
  const queue = createGroupQueue();
  const members: Member[] = [];
  let running = false;
  let turn = 0;
  // Failures in a row, and how many of them no retry can help.
  let failures = 0;
  let refusals = 0;
  // After a failure: hand over no more than was in the failed batch, so that the same records come again.
  let limit = Number.POSITIVE_INFINITY;
  // While a poisoned record is searched by halving: how many records at the front may hold it.
  let suspects = 0;
  // Counts the calls of `abandon`: the outcome of a batch from before one no longer matters.
  let abandoned = 0;

  async function run(): Promise<void> {
    running = true;
    while (members.length > 0 && queue.length > 0) {
      const member = members[turn++ % members.length]!;
      member.busy = step(member);
      await member.busy;
    }
    running = false;
  }

  async function step(member: Member): Promise<void> {
    const batch = queue.peek(Math.min(member.maxBatch, limit));
    const before = abandoned;
    try {
      await member.handler(batch);
      if (abandoned === before) settle(batch.length);
    } catch (thrown) {
      if (abandoned === before) await onFailure(member, batch, thrown);
    }
  }

  function settle(count: number): void {
    failures = 0;
    refusals = 0;
    suspects = Math.max(0, suspects - count);
    limit = suspects > 0 ? suspects : Number.POSITIVE_INFINITY;
    queue.settle(count);
    deps.onSettled();
  }

  async function onFailure(member: Member, batch: readonly BusRecord[], thrown: unknown): Promise<void> {
    const failure = toFailure(thrown);
    failures++;
    if (!failure.row.retryable) refusals++;
    limit = batch.length;
    deps.onRetry();
    if (!failure.row.retryable && (suspects > 0 || refusals >= member.poisonAfter)) {
      if (batch.length > 1) halve(batch.length);
      else await setAside(member, batch[0]!, failure.message);
      return;
    }
    await hold(member, batch.length, thrown);
  }

  async function hold(member: Member, records: number, thrown: unknown): Promise<void> {
    const pauseMs = Math.min(deps.retryMaxMs, deps.retryFirstMs * 2 ** Math.min(failures - 1, 20));
    const fields = { group: deps.name, records, failures, pauseMs, err: thrown };
    deps.log.warn(fields, 'a consumer failed; the same records are handed over again');
    if (!member.closing) await pause(member, pauseMs);
  }

  /** Until the one record that cannot be handled stands alone; its neighbours must not suffer for it. */
  function halve(length: number): void {
    if (suspects === 0) suspects = length;
    limit = Math.ceil(length / 2);
  }

  async function setAside(member: Member, record: BusRecord, reason: string): Promise<void> {
    const before = abandoned;
    try {
      await deps.onDead(record, reason);
      if (abandoned === before) settle(1);
    } catch (thrown) {
      if (abandoned === before) await hold(member, 1, thrown);
    }
  }

  return {
    topics: deps.topics,
    get queuedBytes() {
      return queue.bytes;
    },
    enqueue(segment) {
      queue.push(segment);
      if (!running) void run();
    },
    join(handler, options) {
      const member: Member = {
        handler,
        maxBatch: options.maxBatch ?? defaultMaxBatch,
        poisonAfter: options.poisonAfter ?? defaultPoisonAfter,
        closing: false,
        busy: Promise.resolve(),
        wake() {},
      };
      members.push(member);
      if (!running) void run();
      return { close: () => leave(member) };
    },
    abandon() {
      abandoned++;
      failures = 0;
      refusals = 0;
      suspects = 0;
      limit = Number.POSITIVE_INFINITY;
      queue.clear();
      for (const member of members) member.wake();
    },
    async close() {
      await Promise.all([...members].map(leave));
    },
  };

  async function leave(member: Member): Promise<void> {
    member.closing = true;
    const at = members.indexOf(member);
    if (at >= 0) members.splice(at, 1);
    member.wake();
    await member.busy;
  }
}

function pause(member: Member, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    member.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
