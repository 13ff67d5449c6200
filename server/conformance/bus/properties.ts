import assert from 'node:assert/strict';
import { fail } from '../../src/kernel/errors.ts';
import type { Bus, BusRecord } from '../../src/ports/bus.ts';
import { createCollector, createGate, createRecord, group, numberOf, range, topic } from './fixtures.ts';

/** What an adapter gives the suite. Retry pauses should be a few milliseconds. */
export interface BusSubject {
  readonly bus: Bus;
  /** Records set aside for this group, oldest first, with the reason of the last failure. */
  deadLetters(group: string): Promise<readonly { readonly key: string; readonly reason: string }[]>;
}

/** One property of ports/bus. `check` throws when the adapter lacks it. */
export interface BusProperty {
  readonly name: string;
  check(subject: BusSubject): Promise<void>;
}

export const busProperties: readonly BusProperty[] = [
  {
    name: 'keeps the order of one key',
    async check({ bus }) {
      const all = createCollector();
      await bus.subscribe(group(), [topic], async (records) => all.add(records));
      for (let n = 0; n < 40; n++) await bus.publish([createRecord('a', n)]);
      await all.seen(40);
      assert.deepEqual(all.got.map(numberOf), range(0, 40));
    },
  },
  {
    name: 'keeps the order of publishes that do not wait for one another',
    async check({ bus }) {
      const all = createCollector();
      await bus.subscribe(group(), [topic], async (records) => all.add(records), { maxBatch: 7 });
      // The first is the largest: were it slower on its way, the next would overtake it.
      const batches = [range(0, 100), range(100, 101), range(101, 103), range(103, 140)];
      await Promise.all(batches.map((batch) => bus.publish(batch.map((n) => createRecord('a', n)))));
      await all.seen(140);
      assert.deepEqual(all.got.map(numberOf), range(0, 140));
    },
  },
  {
    name: 'hands over again, in order, what a handler failed on, before anything later',
    async check({ bus }) {
      const handled = createCollector();
      let failing: number[] = [];
      await bus.subscribe(group(), [topic], async (records) => {
        if (failing.length === 0) {
          failing = records.map(numberOf);
          throw new Error('not yet');
        }
        handled.add(records);
      });
      await Promise.all([
        bus.publish([createRecord('a', 0), createRecord('a', 1)]),
        bus.publish([createRecord('a', 2)]),
      ]);
      await handled.seen(3);
      assert.ok(failing.length > 0, 'the handler never failed');
      assert.deepEqual(handled.got.map(numberOf), [0, 1, 2]);
    },
  },
  {
    name: 'retries for ever what is no fault of the record',
    async check(subject) {
      const name = group();
      const handled = createCollector();
      let failures = 0;
      const handler = async (records: readonly BusRecord[]) => {
        if (++failures <= 6) throw fail('service.unavailable');
        handled.add(records);
      };
      await subject.bus.subscribe(name, [topic], handler, { poisonAfter: 2 });
      await subject.bus.publish([createRecord('a', 1)]);
      await handled.seen(1);
      assert.deepEqual(await subject.deadLetters(name), []);
    },
  },
  {
    name: 'gives every group its own copy',
    async check({ bus }) {
      const one = createCollector();
      const two = createCollector();
      await bus.subscribe(group(), [topic], async (records) => one.add(records));
      await bus.subscribe(group(), [topic], async (records) => two.add(records));
      await bus.publish(range(0, 5).map((n) => createRecord('a', n)));
      await Promise.all([one.seen(5), two.seen(5)]);
      assert.deepEqual(one.got.map(numberOf), range(0, 5));
      assert.deepEqual(two.got.map(numberOf), range(0, 5));
    },
  },
  {
    name: 'gives a group only the topics it asked for',
    async check({ bus }) {
      const all = createCollector();
      await bus.subscribe(group(), ['parley.identity'], async (records) => all.add(records));
      await bus.publish([createRecord('a', 1), { ...createRecord('a', 2), topic: 'parley.identity' }]);
      await all.seen(1);
      assert.deepEqual(all.got.map(numberOf), [2]);
    },
  },
  {
    name: 'shares the records of a group between its members',
    async check({ bus }) {
      const name = group();
      const all = createCollector();
      await bus.subscribe(name, [topic], async (records) => all.add(records), { maxBatch: 1 });
      await bus.subscribe(name, [topic], async (records) => all.add(records), { maxBatch: 1 });
      for (const n of range(0, 20)) await bus.publish([createRecord('a', n)]);
      await all.seen(20);
      assert.deepEqual(all.got.map(numberOf), range(0, 20));
    },
  },
  {
    name: 'resumes a group after the last handled record',
    async check({ bus }) {
      const name = group();
      const all = createCollector();
      const first = await bus.subscribe(name, [topic], async (records) => all.add(records));
      await bus.publish([createRecord('a', 1)]);
      await all.seen(1);
      await first.close();
      const waiting = bus.publish([createRecord('a', 2)]);
      await bus.subscribe(name, [topic], async (records) => all.add(records));
      await Promise.all([waiting, all.seen(2)]);
      assert.deepEqual(all.got.map(numberOf), [1, 2]);
    },
  },
  {
    name: 'resolves publish only when the records are safe',
    async check({ bus }) {
      const events: string[] = [];
      const gate = createGate();
      await bus.subscribe(group(), [topic], async () => {});
      await bus.subscribe(group(), [topic], async () => {
        await gate.opened;
        events.push('handled');
      });
      const published = bus.publish([createRecord('a', 1)]).then(() => events.push('published'));
      // All that could resolve without the slow group has had its turns by then.
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      gate.open();
      await published;
      if (!bus.guarantees.durable) assert.deepEqual(events, ['handled', 'published']);
    },
  },
  {
    name: 'keeps the order of each of many keys, in every group, while handlers fail now and then',
    async check({ bus }) {
      const collectors = [createCollector(), createCollector()];
      for (const all of collectors) {
        let calls = 0;
        const handler = async (records: readonly BusRecord[]) => {
          if (++calls % 3 === 0) throw new Error('now and then');
          all.add(records);
        };
        await bus.subscribe(group(), [topic], handler, { maxBatch: 20 });
      }
      const records = range(0, 400).map((n) => createRecord(`key-${n % 13}`, n));
      const publishes: Promise<void>[] = [];
      for (let at = 0; at < records.length; at += 16) publishes.push(bus.publish(records.slice(at, at + 16)));
      await Promise.all(publishes);
      for (const all of collectors) {
        await all.seen(400);
        for (const key of new Set(records.map((record) => record.key))) {
          const expected = records.filter((record) => record.key === key).map(numberOf);
          assert.deepEqual(all.got.filter((record) => record.key === key).map(numberOf), expected);
        }
      }
    },
  },
  {
    name: 'hands over what was published while a declared group had no member, where the bus is durable',
    async check({ bus }) {
      const name = group();
      const first = await bus.subscribe(name, [topic], async () => {});
      await first.close();
      const publishing = range(0, 5).map((n) => bus.publish([createRecord('a', n)]));
      // A durable bus promises safety without anybody there; another one waits for the member.
      if (bus.guarantees.durable) await Promise.all(publishing);
      const all = createCollector();
      await bus.subscribe(name, [topic], async (records) => all.add(records));
      await Promise.all([...publishing, all.seen(5)]);
      assert.deepEqual(all.got.map(numberOf), range(0, 5));
    },
  },
  {
    name: 'lets a slow group not hold up the others',
    async check({ bus }) {
      const gate = createGate();
      const fast = createCollector();
      await bus.subscribe(group(), [topic], () => gate.opened);
      await bus.subscribe(group(), [topic], async (records) => fast.add(records));
      const published = range(0, 10).map((n) => bus.publish([createRecord('a', n)]));
      await fast.seen(10);
      gate.open();
      await Promise.all(published);
      assert.deepEqual(fast.got.map(numberOf), range(0, 10));
    },
  },
  {
    name: 'hands over at most maxBatch records, cut between transactions',
    async check({ bus }) {
      const all = createCollector();
      const batches: number[][] = [];
      await bus.subscribe(
        group(),
        [topic],
        async (records) => {
          batches.push(records.map((record) => Number(record.value.source.lsn)));
          all.add(records);
        },
        { maxBatch: 5 },
      );
      // transactions of three records
      await bus.publish(range(0, 12).map((n) => createRecord('a', n, Math.floor(n / 3))));
      await all.seen(12);
      assert.ok(
        batches.every((batch) => batch.length <= 5),
        'a batch is too large',
      );
      for (let i = 1; i < batches.length; i++) assert.notEqual(batches[i]![0], batches[i - 1]!.at(-1));
    },
  },
  {
    name: 'sets a poisoned record aside with its reason, and only that one',
    async check(subject) {
      const name = group();
      const handled = createCollector();
      const handler = async (records: readonly BusRecord[]) => {
        if (records.some((record) => numberOf(record) === 5)) throw fail('request.invalid', 'five is not welcome');
        handled.add(records);
      };
      await subject.bus.subscribe(name, [topic], handler, { poisonAfter: 2 });
      await subject.bus.publish(range(0, 9).map((n) => createRecord(`key-${n}`, n)));
      await handled.seen(8);
      // Nine keys: between them no order is promised.
      assert.deepEqual(
        handled.got.map(numberOf).sort((a, b) => a - b),
        range(0, 9).filter((n) => n !== 5),
      );
      assert.deepEqual(await subject.deadLetters(name), [{ key: 'key-5', reason: 'five is not welcome' }]);
    },
  },
  {
    name: 'does not see what the publisher does to its array afterwards',
    async check({ bus }) {
      const gate = createGate();
      const all = createCollector();
      await bus.subscribe(group(), [topic], async (records) => {
        await gate.opened;
        all.add(records);
      });
      const blocked = bus.publish([createRecord('a', 0)]);
      const batch = [createRecord('a', 1), createRecord('a', 2)];
      const published = bus.publish(batch);
      batch.length = 0;
      batch.push(createRecord('a', 9));
      gate.open();
      await Promise.all([blocked, published, all.seen(3)]);
      assert.deepEqual(all.got.map(numberOf), [0, 1, 2]);
    },
  },
  {
    name: 'keeps what one group does to a record from the others',
    async check({ bus }) {
      const gate = createGate();
      const late = createCollector();
      const vandal = async (records: readonly BusRecord[]) => {
        for (const record of records) {
          try {
            (record.value.after as { n: number }).n = 99;
          } catch {
            // refusing is as good as copying
          }
        }
        gate.open();
      };
      await bus.subscribe(group(), [topic], vandal);
      await bus.subscribe(group(), [topic], async (records) => {
        await gate.opened;
        late.add(records);
      });
      await bus.publish([createRecord('a', 1)]);
      await late.seen(1);
      assert.deepEqual(late.got.map(numberOf), [1]);
    },
  },
  {
    name: 'closes a subscription only when its handler has finished, and hands it nothing more',
    async check({ bus }) {
      const gate = createGate();
      const entered = createGate();
      const events: string[] = [];
      const name = group();
      const subscription = await bus.subscribe(name, [topic], async (records) => {
        events.push(`begin ${records.map(numberOf)}`);
        entered.open();
        await gate.opened;
        events.push('end');
      });
      const first = bus.publish([createRecord('a', 1)]);
      await entered.opened;
      const closing = subscription.close().then(() => events.push('closed'));
      const second = bus.publish([createRecord('a', 2)]);
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      gate.open();
      await Promise.all([closing, first]);
      assert.deepEqual(events, ['begin 1', 'end', 'closed']);
      const rest = createCollector();
      await bus.subscribe(name, [topic], async (records) => rest.add(records));
      await Promise.all([second, rest.seen(1)]);
      assert.deepEqual(rest.got.map(numberOf), [2]);
    },
  },
  {
    name: 'refuses to publish once it is closed',
    async check({ bus }) {
      await bus.close();
      await assert.rejects(bus.publish([createRecord('a', 1)]), { code: 'service.unavailable' });
    },
  },
];
