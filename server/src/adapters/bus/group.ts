import type { Log } from '../../kernel/log.ts';
import type { BusRecord, GroupOptions, Subscription } from '../../ports/bus.ts';
import { createRetry } from './create-retry.ts';
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
  const retry = createRetry<BusRecord>({ ...deps, group: deps.name });
  const members: Member[] = [];
  /** Whose turn it is. */
  let acting: Member | undefined;
  let turn = 0;
  // Counts the calls of `abandon`: the outcome of a batch from before one no longer matters.
  let abandoned = 0;

  async function run(): Promise<void> {
    while (members.length > 0 && queue.length > 0) {
      acting = members[turn++ % members.length]!;
      acting.busy = step(acting);
      await acting.busy;
    }
    acting = undefined;
  }

  async function step(member: Member): Promise<void> {
    const records = queue.peek(Math.min(member.maxBatch, retry.limit));
    const before = abandoned;
    try {
      await member.handler(records);
    } catch (thrown) {
      if (abandoned !== before || !(await onFailure(member, records, thrown))) return;
    }
    if (abandoned === before) settle(records.length);
  }

  function onFailure(member: Member, records: readonly BusRecord[], thrown: unknown): Promise<boolean> {
    const { poisonAfter } = member;
    return retry.onFailure({ records, thrown, poisonAfter, setAside: deps.onDead, mayPause: () => !member.closing });
  }

  function settle(count: number): void {
    retry.settled(count);
    queue.settle(count);
    deps.onSettled();
  }

  return {
    topics: deps.topics,
    get queuedBytes() {
      return queue.bytes;
    },
    enqueue(segment) {
      queue.push(segment);
      if (!acting) void run();
    },
    join(handler, options) {
      const member: Member = {
        handler,
        maxBatch: options.maxBatch ?? defaultMaxBatch,
        poisonAfter: options.poisonAfter ?? defaultPoisonAfter,
        closing: false,
        busy: Promise.resolve(),
      };
      members.push(member);
      if (!acting) void run();
      return { close: () => leave(member) };
    },
    abandon() {
      abandoned++;
      retry.forget();
      retry.endPause();
      queue.clear();
    },
    async close() {
      await Promise.all([...members].map(leave));
    },
  };

  async function leave(member: Member): Promise<void> {
    member.closing = true;
    const at = members.indexOf(member);
    if (at >= 0) members.splice(at, 1);
    if (member === acting) retry.endPause();
    await member.busy;
  }
}
