import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../../kernel/metrics.ts';
import type { Bus, BusRecord } from '../../../ports/bus.ts';
import { createListener, type Listener } from '../create-listener.ts';
import { createGroup, type Group } from '../group.ts';
import { weighRecords } from './weigh-records.ts';

export interface MemoryBusDeps {
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Estimated bytes that may wait for one group before `publish` holds later batches back. */
  readonly maxQueuedBytes?: number;
  /** Pause after a handler's first failure; doubles up to `retryMaxMs`. */
  readonly retryFirstMs?: number;
  readonly retryMaxMs?: number;
  /** Bytes of dead letters remembered, estimated; the oldest go first. */
  readonly keptDeadBytes?: number;
}

export interface DeadLetter {
  /** `<topic>.<group>.dead` */
  readonly topic: string;
  readonly group: string;
  readonly record: BusRecord;
  readonly reason: string;
}

export interface MemoryBus extends Bus {
  /** Oldest first. */
  deadLetters(): readonly DeadLetter[];
}

interface Publish {
  readonly records: readonly BusRecord[];
  readonly bytes: number;
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * The bus of one process. It keeps nothing over a restart: `publish` resolves only when every group has handled the records,
 * so whoever publishes (the relay, whose memory is the replication slot) can publish them again.
 */
export function createMemoryBus(deps: MemoryBusDeps): MemoryBus {
  const { log, metrics = noMetrics, maxQueuedBytes = 64 << 20, keptDeadBytes = 8 << 20 } = deps;
  const { retryFirstMs = 50, retryMaxMs = 5_000 } = deps;
  const groups = new Map<string, Group>();
  const listeners = new Set<Listener>();
  let listened = 0;
  // Admitted, not yet handled by all; and in line for room. Order of calls in both.
  const pending = new Set<Publish>();
  const line: Publish[] = [];
  const dead: DeadLetter[] = [];
  let deadBytes = 0;
  const retries = metrics.counter('parley_bus_retries_total', 'Batches a consumer failed to handle');
  const deadTotal = metrics.counter('parley_bus_dead_letters_total', 'Records set aside because no retry could help');
  const queued = metrics.gauge('parley_bus_queued_bytes', 'Estimated bytes waiting for the slowest consumer group');
  let closed = false;

  function admit(): void {
    let first = line[0];
    while (first && !closed) {
      const { records, bytes } = first;
      const targets = [...groups.values()].filter((group) => records.some((record) => group.topics.has(record.topic)));
      // A batch larger than the bound still passes, alone.
      if (targets.some((group) => group.queuedBytes > 0 && group.queuedBytes + bytes > maxQueuedBytes)) return;
      line.shift();
      enqueue(first, targets);
      first = line[0];
    }
  }

  function enqueue(publish: Publish, targets: readonly Group[]): void {
    if (targets.length === 0) {
      publish.resolve();
      return;
    }
    pending.add(publish);
    let left = targets.length;
    const done = () => {
      if (--left > 0) return;
      pending.delete(publish);
      publish.resolve();
    };
    for (const group of targets) {
      const records = publish.records.filter((record) => group.topics.has(record.topic));
      group.enqueue({ records, bytes: (publish.bytes * records.length) / publish.records.length, done });
    }
  }

  function onDead(group: string, record: BusRecord, reason: string): void {
    const topic = `${record.topic}.${group}.dead`;
    dead.push({ topic, group, record, reason });
    deadBytes += weighRecords([record]);
    while (deadBytes > keptDeadBytes && dead.length > 1)
      deadBytes -= weighRecords([(dead.shift() as DeadLetter).record]);
    deadTotal.add();
    const { table, lsn, ordinal } = record.value.source;
    log.error({ topic, key: record.key, table, lsn, ordinal, reason }, 'a record was set aside as a dead letter');
  }

  function declare(name: string, topics: readonly string[]): Group {
    const known = groups.get(name);
    if (known) {
      if (known.topics.size !== topics.length || topics.some((topic) => !known.topics.has(topic))) {
        throw fail('internal', `The consumer group ${name} is declared with other topics already.`);
      }
      return known;
    }
    const group = createGroup({
      name,
      topics: new Set(topics),
      log,
      retryFirstMs,
      retryMaxMs,
      onSettled() {
        queued.set(Math.max(0, ...[...groups.values()].map((g) => g.queuedBytes)));
        admit();
      },
      onRetry: () => retries.add(),
      onDead: (record, reason) => onDead(name, record, reason),
    });
    groups.set(name, group);
    return group;
  }

  return {
    guarantees: { durable: false },
    publish(records) {
      if (closed) return Promise.reject(fail('service.unavailable', 'The bus is closed.'));
      if (records.length === 0) return Promise.resolve();
      for (const record of records) protect(record);
      return new Promise((resolve, reject) => {
        line.push({ records: records.slice(), bytes: weighRecords(records), resolve, reject });
        if (line.length === 1) admit();
      });
    },
    async subscribe(group, topics, handler, options = {}) {
      if (closed) throw fail('service.unavailable', 'The bus is closed.');
      return declare(group, topics).join(handler, options);
    },
    async listen(topics, handler, options) {
      if (closed) throw fail('service.unavailable', 'The bus is closed.');
      const listener = createListener({ topics, handler, ...options, log, retryFirstMs, retryMaxMs });
      // A group that nobody can join: it never fails, and once closed it lets pass what still waits for it.
      const name = ` listener ${++listened}`;
      declare(name, topics).join(listener.deliver, {});
      listeners.add(listener);
      return {
        async close() {
          groups.delete(name);
          listeners.delete(listener);
          await listener.close();
        },
      };
    },
    deadLetters: () => dead,
    async close() {
      closed = true;
      const reason = fail('service.unavailable', 'The bus is closed.');
      for (const publish of [...pending, ...line.splice(0)]) publish.reject(reason);
      pending.clear();
      await Promise.all([...listeners].map((listener) => listener.close()));
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}

/** All groups share the record, so none may change it, nor the publisher afterwards: trying to throws. */
function protect(record: BusRecord): void {
  const { value } = record;
  Object.freeze(record);
  Object.freeze(value);
  Object.freeze(value.source);
  if (value.after) Object.freeze(value.after);
  if (value.before) Object.freeze(value.before);
}
