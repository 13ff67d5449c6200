import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Consumer } from '@platformatic/kafka';
import { createKafkaBus, type KafkaBusDeps } from '../../src/adapters/bus/kafka/create-kafka-bus.ts';
import { parseKafkaUrl } from '../../src/adapters/bus/kafka/parse-kafka-url.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { Bus, BusRecord } from '../../src/ports/bus.ts';
import type { DurableBusSubject, MemberProcess } from './durable-properties.ts';
import { topic } from './fixtures.ts';
import type { BusSubject } from './properties.ts';

/** A bus with topics and groups of its own on a broker that others use too. */
export function createKafkaSubject(url: string, deps: Partial<KafkaBusDeps> = {}): BusSubject {
  const prefix = deps.prefix ?? `t${randomUUID().slice(0, 8)}.`;
  const short = { partitions: 3, sessionMs: 6_000, retryFirstMs: 1, retryMaxMs: 4 };
  const bus = createKafkaBus({ url, log: silentLog, prefix, ...short, ...deps });
  return { bus, deadLetters: (group) => readDeadLetters(url, `${prefix}${topic}.${group}.dead`) };
}

async function readDeadLetters(url: string, name: string): Promise<{ key: string; reason: string }[]> {
  const client = new Consumer({
    clientId: 'conformance',
    groupId: randomUUID(),
    bootstrapBrokers: [...parseKafkaUrl(url).brokers],
    retries: 0,
  });
  try {
    const { topics, brokers } = await client
      .metadata({ topics: [name] })
      .catch(() => ({ topics: null, brokers: null }));
    const found = topics?.get(name);
    if (!found || !brokers) return [];
    const response = await client.fetch({
      node: found.partitions[0]!.leader,
      minBytes: 1,
      maxWaitTime: 100,
      topics: [
        {
          topicId: found.id,
          partitions: [
            { partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20, currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
          ],
        },
      ],
    });
    const batches = response.responses.flatMap(({ partitions }) => partitions.flatMap(({ records }) => records ?? []));
    return batches.flatMap(({ records }) =>
      records.map(({ key, headers }) => ({
        key: String(key),
        reason: String(headers.find(([header]) => String(header) === 'reason')?.[1]),
      })),
    );
  } finally {
    await client.close();
  }
}

export interface DurableKafkaOptions {
  readonly restartBroker?: () => Promise<void>;
  /** What is wrong with the bus, to prove that the suite notices. */
  readonly fault?: keyof typeof durableFaults;
}

const nothing = { group: (name: string) => name, handler: (handler: Handler) => handler };
type Handler = Parameters<Bus['subscribe']>[2];
let copies = 0;

/** Fault → how it is made. */
export const durableFaults = {
  'a group is another one in every process': { ...nothing, group: (name: string) => `${name}-${++copies}` },
  'offsets are committed before the handler has ended': nothing,
  'a member goes on with what it has given away': {
    ...nothing,
    handler: (handler: Handler) => async (records: readonly BusRecord[]) => {
      void delay(Math.random() * 50).then(() => handler(records));
    },
  },
} as const;

/** The same, with members in other processes. The one that `startMember` starts has the subject's own instance name. */
export function createDurableKafkaSubject(url: string, options: DurableKafkaOptions = {}): DurableBusSubject {
  const { restartBroker = null, fault } = options;
  const prefix = `t${randomUUID().slice(0, 8)}.`;
  const { group: nameOf, handler: wrap } = fault ? durableFaults[fault] : nothing;
  function open(instance: string): Bus {
    const { bus } = createKafkaSubject(url, { prefix, instance });
    return {
      ...bus,
      subscribe: (name, topics, handler, settings) => bus.subscribe(nameOf(name), topics, wrap(handler), settings),
    };
  }
  let count = 0;
  return {
    bus: open('first'),
    openAnother: () => open(`other-${++count}`),
    startMember: (group) =>
      startMember([url, prefix, group, 'first', ...(fault?.startsWith('offsets') ? ['hasty'] : [])]),
    restartBroker,
  };
}

async function startMember(args: readonly string[]): Promise<MemberProcess> {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const child = fork(here('./kafka-member.ts'), args, {
    execArgv: [
      '--conditions=source',
      '--import',
      new URL('../../test-support/run-typescript.mjs', import.meta.url).href,
    ],
  });
  const says = (word: string) =>
    new Promise<void>((resolve, reject) => {
      child.on('message', (message) => message === word && resolve());
      child.on('exit', (code) => reject(new Error(`the member ended with ${code}`)));
    });
  const stuck = says('stuck');
  stuck.catch(() => {});
  await says('ready');
  return {
    stuck,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
