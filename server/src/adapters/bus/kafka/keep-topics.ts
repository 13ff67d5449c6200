import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import type { Log } from '../../../kernel/log.ts';
import { clientOptions, hasCode, loadDriver } from './load-driver.ts';
import type { KafkaAddress } from './parse-kafka-url.ts';

export interface TopicOptions {
  /** Partitions of a topic we create. Never changed afterwards: a key would move and lose its order (rule 23). */
  readonly partitions: number;
  /** How long records are kept, milliseconds. */
  readonly retentionMs: number;
}

/** The largest record, bytes; the largest batch of several is `maxBatchBytes` in create-publisher. */
export const maxRecordBytes = 8 << 20;

export interface Topics {
  /** Creates those that do not exist and returns them; idempotent. Rejects when the broker is away. */
  ensure(names: readonly string[], partitions?: number): Promise<readonly string[]>;
  missing(names: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function keepTopics(address: KafkaAddress, clientId: string, options: TopicOptions, log: Log): Topics {
  const known = new Set<string>();
  let admin: Promise<Admin> | undefined;

  async function create(client: Admin, name: string, partitions: number): Promise<void> {
    const { brokers } = await client.metadata({ topics: [] });
    const replicas = Math.min(3, brokers.size);
    const configs = {
      'retention.ms': String(options.retentionMs),
      'max.message.bytes': String(maxRecordBytes),
      'unclean.leader.election.enable': 'false',
      // rule 24: an acknowledged record survives the loss of one broker, where there is more than one
      'min.insync.replicas': String(Math.min(2, replicas)),
    };
    try {
      await client.createTopics({
        topics: [name],
        partitions,
        replicas,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      });
      log.info({ topic: name, partitions, replicas }, 'topic created');
    } catch (thrown) {
      if (!hasCode(thrown, 'TOPIC_ALREADY_EXISTS')) throw thrown;
    }
  }

  function connect(): Promise<Admin> {
    admin ??= loadDriver().then(({ Admin }) => new Admin(clientOptions(address, clientId)));
    return admin;
  }

  async function findMissing(names: readonly string[]): Promise<readonly string[]> {
    const existing = new Set(await (await connect()).listTopics({}));
    return names.filter((name) => !existing.has(name));
  }

  return {
    missing: findMissing,
    async ensure(names, partitions = options.partitions) {
      const unknown = names.filter((name) => !known.has(name));
      if (unknown.length === 0) return [];
      const client = await connect();
      const missing = await findMissing(unknown);
      for (const name of missing) await create(client, name, partitions);
      await seen(client, unknown);
      for (const name of unknown) known.add(name);
      return missing;
    },
    async close() {
      await (await admin)?.close();
    },
  };
}

/** A broker tells of a new topic a moment after it was created. */
async function seen(client: Admin, topics: readonly string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { topics: found } = await client.metadata({ topics: [...topics], forceUpdate: true });
      if ([...found.values()].every((topic) => topic.partitions.every(({ leader }) => leader >= 0))) return;
    } catch (thrown) {
      if (attempt >= 50) throw thrown;
    }
    await pause(100);
  }
}
