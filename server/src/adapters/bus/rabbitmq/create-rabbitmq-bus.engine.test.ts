import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { createCollector, createGate, createRecord, numberOf, range } from '../../../../conformance/bus/fixtures.ts';
import { engineRestartTest, engineTest } from '../../../../test-support/engines.ts';
import { openRabbitmqCorner, partitions, type RabbitmqCorner } from '../../../../test-support/rabbitmq.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import { declareGroup, partitionOf } from './topology.ts';

const topic = 'parley.chat';
const support = new URL('../../../../test-support/', import.meta.url);

async function withCorner(url: string, use: (corner: RabbitmqCorner) => Promise<void>): Promise<void> {
  const corner = openRabbitmqCorner(url);
  try {
    await use(corner);
  } finally {
    await corner.clean();
  }
}

/** The numbers of one key in the order in which they came first: at least once means that some come again. */
function firstsOf(records: readonly BusRecord[], key: string): number[] {
  return [...new Set(records.filter((record) => record.key === key).map(numberOf))];
}

const isTaken = (publishing: Promise<void>) =>
  publishing.then(
    () => true,
    () => false,
  );

/** A process of its own that takes records and never finishes with them. */
async function startMember(url: string, prefix: string): Promise<{ handling: Promise<unknown>; kill(): void }> {
  const files = ['run-typescript.mjs', 'rabbitmq-member.ts'].map((file) => fileURLToPath(new URL(file, support)));
  const child = spawn(process.execPath, ['--import', ...files, url, prefix, String(partitions)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const ready = once(lines, 'line');
  await ready;
  const handling = once(lines, 'line');
  return { handling, kill: () => child.kill('SIGKILL') };
}

describe('the RabbitMQ bus', () => {
  engineTest('rabbitmq', 'declares every group of the system before it publishes anything', (url) =>
    withCorner(url, async (corner) => {
      const groups = [{ group: 'router', topics: [topic] }];
      const relay = corner.openBus({ groups });
      await relay.publish(range(0, 20).map((n) => createRecord(`key-${n}`, n)));
      await relay.close();
      // Nobody of the group had ever run.
      const router = corner.openBus({ groups });
      const all = createCollector();
      await router.subscribe('router', [topic], async (records) => all.add(records));
      await all.seen(20);
      await router.close();
    }),
  );

  engineTest('rabbitmq', 'counts a record that no queue took as not published, and declares the queues again', (url) =>
    withCorner(url, async (corner) => {
      const bus = corner.openBus({ groups: [{ group: 'router', topics: [topic] }] });
      await bus.publish([createRecord('a', 1)]);
      const queue = corner.topology.queue(topic, 'router', partitionOf('a', partitions));
      await corner.withChannel((channel) => channel.queueDelete(queue));
      await expect(bus.publish([createRecord('a', 2)])).rejects.toMatchObject({ code: 'service.unavailable' });
      // The broker needs a moment until a queue of the same name takes records again: the relay tries as often.
      while (!(await isTaken(bus.publish([createRecord('a', 2)])))) await sleep(20);
      const all = createCollector();
      await bus.subscribe('router', [topic], async (records) => all.add(records));
      await all.seen(1);
      expect(all.got.map(numberOf)).toEqual([2]);
      await bus.close();
    }),
  );

  engineTest('rabbitmq', 'waits while a queue is full, and lets no later record pass the refused one', (url) =>
    withCorner(url, async (corner) => {
      // One record per message, so that there are many to refuse.
      const bus = corner.openBus({ maxMessageSize: 1 });
      const routingKey = String(partitionOf('a', partitions));
      const exchange = corner.topology.exchange(topic);
      const queue = `${exchange}.full`;
      await corner.withChannel(async (channel) => {
        await channel.exchangeDeclare({ exchange, type: 'direct', durable: true });
        // What an operator's policy would say.
        await channel.queueDeclare({ queue, arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' } });
        await channel.queueBind({ exchange, queue, routingKey });
      });
      let published = 0;
      const publishing = Promise.all(
        range(0, 30).map((n) => bus.publish([createRecord('a', n)]).then(() => published++)),
      );
      const seen: number[] = [];
      await corner.withChannel(async (channel) => {
        while (seen.at(-1) !== 29) {
          const message = await channel.basicGet({ queue, noAck: true });
          if (!message) continue;
          const records = JSON.parse(String(message.body)) as BusRecord[];
          seen.push(...records.map(numberOf));
        }
        await channel.queueDelete(queue);
      });
      await publishing;
      expect(published).toBe(30);
      expect(seen).toEqual(range(0, 30));
      await bus.close();
    }),
  );

  engineTest('rabbitmq', 'brings the unfinished records of a member that was killed to another one, in order', (url) =>
    withCorner(url, async (corner) => {
      const heir = corner.openBus({ groups: [{ group: 'router', topics: [topic] }] });
      const all = createCollector();
      const member = await startMember(url, corner.prefix);
      for (const n of range(0, 30)) await heir.publish([createRecord('a', n)]);
      await member.handling;
      await heir.subscribe('router', [topic], async (records) => all.add(records));
      expect(all.got).toEqual([]);
      member.kill();
      await all.seen(30);
      expect(firstsOf(all.got, 'a')).toEqual(range(0, 30));
      await heir.close();
    }),
  );

  engineTest('rabbitmq', 'moves the queues of a member that leaves in mid-stream to the other, in order', (url) =>
    withCorner(url, async (corner) => {
      const groups = [{ group: 'router', topics: [topic] }];
      const [leaving, staying] = [corner.openBus({ groups }), corner.openBus({ groups })];
      const all = createCollector();
      let ended = false;
      const stays = createCollector();
      await leaving.subscribe('router', [topic], async (records) => {
        expect(ended).toBe(false);
        all.add(records);
      });
      await staying.subscribe('router', [topic], async (records) => {
        all.add(records);
        stays.add(records);
      });
      const keys = range(0, 7).map((n) => `key-${n}`);
      const publishing = (async () => {
        for (const n of range(0, 300)) await staying.publish(keys.map((key) => createRecord(key, n)));
      })();
      await all.seen(500);
      await leaving.close();
      ended = true;
      await publishing;
      while (!keys.every((key) => firstsOf(all.got, key).length === 300)) await sleep(20);
      for (const key of keys) expect(firstsOf(all.got, key)).toEqual(range(0, 300));
      expect(stays.got.length).toBeGreaterThan(0);
      await staying.close();
    }),
  );

  engineTest('rabbitmq', 'sets a message that is not ours aside, with its reason', (url) =>
    withCorner(url, async (corner) => {
      const bus = corner.openBus();
      const all = createCollector();
      await bus.subscribe('router', [topic], async (records) => all.add(records));
      const exchange = corner.topology.exchange(topic);
      await corner.withChannel((channel) => channel.basicPublish({ exchange, routingKey: '0' }, Buffer.from('hello')));
      await bus.publish([createRecord('a', 1)]);
      await all.seen(1);
      let letters = await corner.deadLetters('router');
      while (letters.length === 0) letters = await corner.deadLetters('router');
      expect(letters[0]!.reason).toContain('not a batch of change records');
      await bus.close();
    }),
  );

  engineRestartTest(
    'rabbitmq',
    'loses nothing and keeps the order when the broker is killed in mid-stream',
    (url, broker) =>
      withCorner(url, async (corner) => {
        const groups = [{ group: 'router', topics: [topic] }];
        const bus = corner.openBus({ groups, replyTimeoutMs: 3_000 });
        const all = createCollector();
        const begun = createGate();
        await bus.subscribe('router', [topic], async (records) => {
          all.add(records);
          // RabbitMQ 3.10 needs a second or two to have a new quorum queue itself on disk: killed before, it never answers.
          if (all.got.length > 6_000) begun.open();
        });
        const keys = range(0, 7).map((n) => `key-${n}`);
        let refused = 0;
        let over = false;
        // As the relay does: what was not confirmed is published again from there, until it is.
        const publishing = (async () => {
          let n = 0;
          for (; !over || n < 2_000; n++) {
            const records = keys.map((key) => createRecord(key, n));
            while (!(await isTaken(bus.publish(records)))) {
              refused++;
              await sleep(50);
            }
          }
          return n;
        })();
        await begun.opened;
        await broker.kill();
        await broker.start();
        over = true;
        const count = await publishing;
        expect(refused).toBeGreaterThan(0);
        while (!keys.every((key) => firstsOf(all.got, key).length === count)) await sleep(50);
        for (const key of keys) expect(firstsOf(all.got, key)).toEqual(range(0, count));
        await bus.close();
      }),
  );
});

describe('the topology', () => {
  engineTest('rabbitmq', 'is declared as often as one likes', (url) =>
    withCorner(url, async (corner) => {
      const target = { group: 'router', topics: [topic] };
      await corner.withChannel(async (channel) => {
        await declareGroup(channel, corner.topology, target);
        await declareGroup(channel, corner.topology, target);
        for (let i = 0; i < partitions; i++) await channel.queueDelete(corner.topology.queue(topic, 'router', i));
        await channel.queueDelete(corner.topology.deadQueue(topic, 'router'));
      });
    }),
  );
});
