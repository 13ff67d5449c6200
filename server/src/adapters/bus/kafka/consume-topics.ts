import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import type { Log } from '../../../kernel/log.ts';
import type { BusRecord, Subscription } from '../../../ports/bus.ts';
import type { BrokerHealth } from '../broker-health.ts';
import { createCommits } from './commit-offsets.ts';
import { createHandOver } from './hand-over.ts';
import { type Entry, type HeldPartition, holdPartition, isOurs, takeEntries } from './held-partition.ts';
import { joinGroup, type Membership } from './join-group.ts';
import { clientOptions, loadDriver } from './load-driver.ts';
import type { KafkaAddress } from './parse-kafka-url.ts';
import { createPrefetch } from './prefetch.ts';

export interface ConsumeDeps {
  readonly address: KafkaAddress;
  /** As the broker knows them. */
  readonly group: string;
  readonly topics: readonly string[];
  readonly clientId: string;
  readonly instanceId: string | undefined;
  readonly handler: (records: readonly BusRecord[]) => Promise<void>;
  readonly maxBatch: number;
  readonly poisonAfter: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  readonly sessionMs: number;
  readonly maxQueuedBytes: number;
  readonly log: Log;
  readonly health: BrokerHealth;
  readonly topicName: (topic: string) => string;
  setAside(entry: Entry, reason: string): Promise<void>;
  onRetry(): void;
  /** Bytes fetched and not yet handed over. */
  onQueued(bytes: number): void;
  onFenced(): void;
}

const retryMs = 500;
/** How long `close` waits for a broker that does not take the last offsets; the records come again then. */
const lastCommitMs = 5_000;

/** One member of a group: joins it, fetches ahead what it is given, hands it over and commits what was handled. */
export async function consumeTopics(deps: ConsumeDeps): Promise<Subscription> {
  const { Consumer } = await loadDriver();
  const { group, log } = deps;
  const partitions = new Map<string, HeldPartition>();
  const list = () => [...partitions.values()];
  let closed = false;
  let rebuilding = false;
  let turn = 0;

  const fetchClient: Consumer = new Consumer({
    ...clientOptions(deps.address, deps.clientId),
    groupId: group,
    retries: 0,
    autocommit: false,
  });
  for (const topic of deps.topics) fetchClient.topics.track(topic);

  const prefetch = createPrefetch({
    client: fetchClient,
    partitions: list,
    maxQueuedBytes: deps.maxQueuedBytes,
    topicName: deps.topicName,
    log,
    health: deps.health,
    onEntries() {
      deps.onQueued(prefetch.queuedBytes);
      handOver.wake();
    },
  });
  const handOver = createHandOver({
    ...deps,
    mayHandle: () => membership.isAlive(),
    take(max) {
      const batch = takeEntries(list().filter(isOurs), max, turn++);
      deps.onQueued(prefetch.queuedBytes);
      prefetch.wake();
      return batch;
    },
    settle(entries) {
      for (const { held, offset } of entries) held.handled = offset + 1n;
      commits.wake();
    },
  });
  const commits = createCommits({ group, partitions: list, membership: () => membership, log });

  function onAssigned(ids: readonly string[], anew: boolean): void {
    if (closed) return;
    if (anew) loseAll();
    const wanted = new Set(ids);
    const leaving = list().filter((held) => isOurs(held) && !wanted.has(held.id));
    for (const held of leaving) held.leaving = true;
    const fresh = ids.filter((id) => !partitions.has(id)).map(fromId);
    for (const held of fresh) partitions.set(held.id, held);
    if (leaving.length > 0 || fresh.length > 0) {
      log.info({ group, partitions: ids.length, taken: fresh.length, given: leaving.length }, 'partitions assigned');
    }
    if (fresh.length > 0) void load(fresh);
    if (leaving.length > 0) void release(leaving);
  }

  /** Somebody else may have them: what is handled from here on is not committed. */
  function loseAll(): void {
    for (const held of list()) held.lost = true;
    partitions.clear();
  }

  /** Where the group has got to; from the first record kept where it has not handled any. */
  async function load(fresh: readonly HeldPartition[]): Promise<void> {
    while (!closed && fresh.some(isOurs)) {
      try {
        const { client } = membership;
        const topics = [...new Set(fresh.map(({ topic }) => topic))];
        const asked = topics.map((topic) => ({
          topic,
          partitions: fresh.filter((held) => held.topic === topic).map(({ partition }) => partition),
        }));
        const committed = await client.listCommittedOffsets({ topics: asked });
        const earliest = await client.listOffsets({ topics, timestamp: -2n });
        for (const held of fresh) {
          const offset = committed.get(held.topic)?.[held.partition] ?? -1n;
          held.committed = offset >= 0n ? offset : null;
          held.position = offset >= 0n ? offset : (earliest.get(held.topic)?.[held.partition] ?? 0n);
        }
        prefetch.wake();
        return;
      } catch (thrown) {
        if (closed) return;
        log.warn({ group, err: thrown }, 'Kafka did not say where the group has got to; asking again');
        await pause(retryMs);
      }
    }
  }

  /** Gives partitions up: the next owner gets them only after what is in hand has been handled and committed. */
  async function release(leaving: readonly HeldPartition[]): Promise<void> {
    await handOver.idle();
    await commits.flush();
    if (closed || leaving.every(({ lost }) => lost)) return;
    for (const held of leaving) if (partitions.get(held.id) === held) partitions.delete(held.id);
    await rejoin();
  }

  /** Another round for the same member; it keeps what it claims. */
  async function rejoin(): Promise<void> {
    try {
      await membership.join();
    } catch (thrown) {
      // The watch over the heartbeats asks again.
      log.warn({ group, err: thrown }, 'the group could not be joined again; trying again');
    }
  }

  async function rebuild(reason: unknown): Promise<void> {
    if (closed || rebuilding) return;
    rebuilding = true;
    log.warn({ group, err: reason }, 'the membership in the group has ended; joining again');
    loseAll();
    await membership.close();
    while (!closed) {
      try {
        membership = await join();
        await membership.join();
        break;
      } catch (thrown) {
        log.warn({ group, err: thrown }, 'the group could not be joined; trying again');
        await membership.close();
        await pause(retryMs);
      }
    }
    rebuilding = false;
  }

  const join = () =>
    joinGroup({
      ...deps,
      owned: () => [...partitions.keys()],
      onAssigned,
      onHeartbeat: () => handOver.wake(),
      onSilent: () => void rejoin(),
      onBroken: (reason) => void rebuild(reason),
      onFenced() {
        log.error(
          { group, instance: deps.instanceId },
          'another process runs under our instance name: this one stops consuming',
        );
        loseAll();
        void membership.close();
        deps.onFenced();
      },
    });

  let membership: Membership = await join();
  try {
    await membership.join();
  } catch (thrown) {
    closed = true;
    await Promise.all([membership.close(), fetchClient.close().catch(() => {})]);
    throw thrown;
  }

  return {
    async close() {
      if (closed) return;
      prefetch.stop();
      await handOver.stop();
      await Promise.race([commits.flush(), pause(lastCommitMs)]);
      closed = true;
      commits.stop();
      await Promise.all([membership.close(), fetchClient.close().catch(() => {})]);
      loseAll();
    },
  };
}

function fromId(id: string): HeldPartition {
  const at = id.lastIndexOf(':');
  return holdPartition(id.slice(0, at), Number(id.slice(at + 1)));
}
