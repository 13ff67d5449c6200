import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import { createDeferred, type Deferred } from '../../../kernel/deferred.ts';
import type { Log } from '../../../kernel/log.ts';
import { assignPartitions, type GroupMember, type PartitionId } from './assign-partitions.ts';
import { clientOptions, hasCode, loadDriver } from './load-driver.ts';
import type { KafkaAddress } from './parse-kafka-url.ts';

export interface MembershipDeps {
  readonly address: KafkaAddress;
  readonly group: string;
  readonly clientId: string;
  /** A static member: a process that comes back under it within the session gets its partitions back without a rebalance. */
  readonly instanceId: string | undefined;
  readonly topics: readonly string[];
  readonly sessionMs: number;
  readonly log: Log;
  /** What the member is responsible for now. */
  owned(): readonly PartitionId[];
  /** The whole assignment; `anew`: this member was thought dead in between, so nothing it had is its own any more. */
  onAssigned(partitions: readonly PartitionId[], anew: boolean): void;
  onHeartbeat(): void;
  /** No heartbeat was answered for a while, and the driver may have given them up: join again. */
  onSilent(): void;
  /** The membership is of no more use: make another. */
  onBroken(reason: unknown): void;
  /** Another process uses our instance id. */
  onFenced(): void;
}

export interface Membership {
  readonly client: Consumer;
  /** Asks for a new round, claiming what `owned` says. */
  join(): Promise<void>;
  /** Resolves when no round is under way; the broker takes no commits while one ends. */
  settled(): Promise<void>;
  /** False: the broker may have given our partitions to others. */
  isAlive(): boolean;
  close(): Promise<void>;
}

/**
 * The driver speaks the classic group protocol without cooperative rebalances. They are made here of what it has: an assigner of
 * our own, and the members' claims in the user data of their subscription (as Kafka's sticky assignor does).
 */
export async function joinGroup(deps: MembershipDeps): Promise<Membership> {
  const { Consumer } = await loadDriver();
  let lastHeard = performance.now();
  let memberId: string | null = null;
  let generation = -1;
  let round: Deferred<void> | undefined;
  let closed = false;

  // The driver reads the claims for the first time while it is being made.
  let made: Consumer | undefined;
  const protocol = {
    name: 'parley-cooperative',
    version: 0,
    /** Read at each join. Who joins under another id than it had was thought dead, and has nothing. */
    get metadata(): string {
      const claims = made?.memberId === memberId ? deps.owned() : [];
      return JSON.stringify({ owned: claims, generation });
    },
  };
  const client: Consumer = new Consumer({
    ...clientOptions(deps.address, deps.clientId),
    groupId: deps.group,
    ...(deps.instanceId === undefined ? {} : { groupInstanceId: deps.instanceId }),
    sessionTimeout: deps.sessionMs,
    rebalanceTimeout: 2 * deps.sessionMs,
    heartbeatInterval: Math.floor(deps.sessionMs / 10),
    requestTimeout: 3 * deps.sessionMs,
    autocommit: false,
    protocols: [protocol],
    partitionAssigner(_current, members, topics, metadata) {
      const all = [...topics].flatMap((topic) =>
        Array.from({ length: metadata.topics.get(topic)!.partitionsCount }, (_, i) => `${topic}:${i}`),
      );
      const found = [...members].map(([id, { metadata: claims }]) => parseClaims(id, claims));
      const given = [...assignPartitions(found, all)];
      return given.map(([id, partitions]) => ({ memberId: id, assignments: groupByTopic(partitions) }));
    },
  });
  made = client;
  for (const topic of deps.topics) client.topics.track(topic);

  function beginRound(): void {
    round ??= createDeferred();
  }

  function endRound(): void {
    round?.resolve();
    round = undefined;
  }

  client.on('consumer:group:rebalance', beginRound);
  client.on('consumer:group:join', ({ memberId: id, generationId, assignments = [] }) => {
    if (closed) return;
    const anew = id !== memberId;
    memberId = id;
    generation = generationId ?? -1;
    lastHeard = performance.now();
    endRound();
    deps.onAssigned(
      assignments.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}:${partition}`)),
      anew,
    );
  });
  client.on('consumer:heartbeat:end', () => {
    lastHeard = performance.now();
    if (!closed) deps.onHeartbeat();
  });
  client.on('consumer:heartbeat:error', ({ error }) => {
    if (closed) return;
    if (hasCode(error, 'FENCED_INSTANCE_ID')) deps.onFenced();
    else deps.log.warn({ group: deps.group, err: error }, 'Kafka did not answer a heartbeat');
  });
  // The driver sends no more heartbeats after one that failed (1.35.0), and does not say so.
  const watch = setInterval(() => {
    const silentMs = performance.now() - lastHeard;
    // Longer than any round may take: the coordinator may be another broker by now.
    if (silentMs > 4 * deps.sessionMs) deps.onBroken(new Error(`no heartbeat was answered for ${silentMs} ms`));
    else if (!round && silentMs > deps.sessionMs / 3) deps.onSilent();
  }, deps.sessionMs / 10);
  // Emitted when the driver could not join again by itself.
  (client as { on(event: 'error', listener: (error: unknown) => void): void }).on('error', (error) => {
    if (closed) return;
    if (hasCode(error, 'FENCED_INSTANCE_ID')) deps.onFenced();
    else deps.onBroken(error);
  });

  return {
    client,
    async join() {
      beginRound();
      try {
        await client.joinGroup({});
      } finally {
        endRound();
      }
    },
    settled: async () => {
      while (round) await round.promise;
    },
    isAlive: () => performance.now() - lastHeard < deps.sessionMs,
    async close() {
      closed = true;
      clearInterval(watch);
      endRound();
      // A broker that is away cannot be told; it finds out when the session ends.
      await Promise.race([client.close().catch(() => {}), pause(2_000, undefined, { ref: false })]);
    },
  };
}

function parseClaims(id: string, claims: Buffer | string | undefined): GroupMember {
  try {
    const { owned, generation } = JSON.parse(String(claims)) as { owned: PartitionId[]; generation: number };
    if (Array.isArray(owned) && typeof generation === 'number') return { id, owned, generation };
  } catch {
    // not a member of ours
  }
  return { id, owned: [], generation: -1 };
}

function groupByTopic(ids: readonly PartitionId[]) {
  const groups = new Map<string, { topic: string; partitions: number[] }>();
  for (const id of ids) {
    const at = id.lastIndexOf(':');
    const topic = id.slice(0, at);
    const entry = groups.get(topic) ?? { topic, partitions: [] };
    entry.partitions.push(Number(id.slice(at + 1)));
    groups.set(topic, entry);
  }
  return groups;
}
