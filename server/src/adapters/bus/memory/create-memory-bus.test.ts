import { expect, test } from 'vitest';
import { fail } from '../../../kernel/errors.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import { createMemoryBus } from './create-memory-bus.ts';

const createRecord = (key: string, text = ''): BusRecord => ({
  topic: 'parley.chat',
  key,
  value: {
    before: null,
    after: { text },
    source: {
      db: 'main',
      schema: 'chat',
      table: 'messages',
      lsn: key,
      ordinal: 0,
      incarnation: '',
      ts_ms: 0,
      snapshot: false,
    },
    op: 'c',
    ts_ms: 0,
  },
});

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

test('holds later publishes back once a group has too much waiting, and lets them in as it works', async () => {
  const bus = createMemoryBus({ log: silentLog, maxQueuedBytes: 10_000 });
  let release: () => void = () => {};
  const blocked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const fast: string[] = [];
  const slow: string[] = [];
  await bus.subscribe('slow', ['parley.chat'], async (records) => {
    await blocked;
    slow.push(...records.map((r) => r.key));
  });
  await bus.subscribe('fast', ['parley.chat'], async (records) => {
    fast.push(...records.map((r) => r.key));
  });
  const published = Array.from({ length: 8 }, (_, i) => bus.publish([createRecord(String(i), 'x'.repeat(4_000))]));
  await turns();
  // 5 kB each: two fit into the slow group's queue, the third has to wait
  expect(fast).toEqual(['0', '1']);
  release();
  await Promise.all(published);
  expect(fast).toEqual(slow);
  expect(slow).toHaveLength(8);
  await bus.close();
});

test('admits a single publish that is larger than the bound', async () => {
  const bus = createMemoryBus({ log: silentLog, maxQueuedBytes: 100 });
  await bus.subscribe('g', ['parley.chat'], async () => {});
  await bus.publish([createRecord('1', 'x'.repeat(4_000))]);
  await bus.close();
});

test('joins publishes into large batches for a group that has fallen behind', async () => {
  const bus = createMemoryBus({ log: silentLog });
  const sizes: number[] = [];
  await bus.subscribe(
    'g',
    ['parley.chat'],
    async (records) => {
      sizes.push(records.length);
      await new Promise(setImmediate);
    },
    { maxBatch: 50 },
  );
  await Promise.all(Array.from({ length: 101 }, (_, i) => bus.publish([createRecord(String(i))])));
  expect(sizes).toEqual([1, 50, 50]);
  await bus.close();
});

test('close ends a retry, waits for the handler and rejects what was not handled', async () => {
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 60_000 });
  await bus.subscribe('g', ['parley.chat'], async () => {
    throw fail('service.unavailable');
  });
  const rejected = expect(bus.publish([createRecord('1')])).rejects.toMatchObject({ code: 'service.unavailable' });
  await turns();
  await bus.close();
  await rejected;
});

test('keeps no more bytes of dead letters than asked, the last ones', async () => {
  const bus = createMemoryBus({ log: silentLog, keptDeadBytes: 2_500, retryFirstMs: 1 });
  await bus.subscribe(
    'g',
    ['parley.chat'],
    async () => {
      throw fail('request.invalid', 'no');
    },
    { poisonAfter: 1 },
  );
  await bus.publish(['1', '2', '3'].map((key) => createRecord(key)));
  expect(bus.deadLetters().map((letter) => [letter.topic, letter.record.key])).toEqual([
    ['parley.chat.g.dead', '2'],
    ['parley.chat.g.dead', '3'],
  ]);
  await bus.close();
});

test('refuses to declare a group twice with different topics', async () => {
  const bus = createMemoryBus({ log: silentLog });
  await bus.subscribe('g', ['parley.chat'], async () => {});
  await expect(bus.subscribe('g', ['parley.people'], async () => {})).rejects.toThrow('declared with other topics');
  await bus.close();
});
