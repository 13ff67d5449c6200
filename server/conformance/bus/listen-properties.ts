import assert from 'node:assert/strict';
import type { BusRecord } from '../../src/ports/bus.ts';
import { createCollector, createGate, createRecord, group, numberOf, range, topic } from './fixtures.ts';
import type { BusProperty } from './properties.ts';

const numbersOf = (records: readonly BusRecord[]) => records.map(numberOf);
const ignoreGaps = { onGap() {} };

/** Where nothing can have been missed, no gap may be told. */
function createNoGap() {
  let gaps = 0;
  return {
    onGap() {
      gaps++;
    },
    assert: () => assert.equal(gaps, 0, 'a gap was told where there is none'),
  };
}

/** Of `listen`. A record of a group tells that everything before it has gone its way. */
export const listenProperties: readonly BusProperty[] = [
  {
    name: 'gives every listener its own copy, each key in order',
    async check({ bus }) {
      const [one, two] = [createCollector(), createCollector()];
      const noGap = createNoGap();
      await bus.listen([topic], one.add, noGap);
      await bus.listen([topic], async (records) => two.add(records), noGap);
      for (const n of range(0, 40)) await bus.publish([createRecord('a', n), createRecord(`key-${n % 7}`, n)]);
      for (const all of [one, two]) {
        await all.seen(80);
        assert.deepEqual(numbersOf(all.got.filter(({ key }) => key === 'a')), range(0, 40));
        for (const k of range(0, 7)) {
          const expected = range(0, 40).filter((n) => n % 7 === k);
          assert.deepEqual(numbersOf(all.got.filter(({ key }) => key === `key-${k}`)), expected);
        }
      }
      noGap.assert();
    },
  },
  {
    name: 'hands a listener nothing from before it listened, and only its topics',
    async check({ bus }) {
      const all = createCollector();
      await bus.publish([createRecord('a', 0)]);
      await bus.listen([topic], all.add, ignoreGaps);
      await bus.publish([{ ...createRecord('a', 1), topic: 'parley.identity' }]);
      await bus.publish([createRecord('a', 2)]);
      await all.seen(1);
      assert.deepEqual(numbersOf(all.got), [2]);
    },
  },
  {
    name: 'gives a listener all records of the keys it names, and no others',
    async check({ bus }) {
      const all = createCollector();
      await bus.listen([topic], all.add, { ...ignoreGaps, keys: ['key-3', 'key-14'] });
      await bus.publish(range(0, 40).map((n) => createRecord(`key-${n % 20}`, n)));
      await all.seen(4);
      await bus.publish(range(40, 80).map((n) => createRecord(`key-${n % 20}`, n)));
      await all.seen(8);
      for (const [key, expected] of Object.entries({ 'key-3': [3, 23, 43, 63], 'key-14': [14, 34, 54, 74] })) {
        assert.deepEqual(numbersOf(all.got.filter((record) => record.key === key)), expected);
      }
      assert.deepEqual([...new Set(all.got.map(({ key }) => key))].sort(), ['key-14', 'key-3']);
    },
  },
  {
    name: 'keeps nothing for a listener that is away',
    async check({ bus }) {
      const [all, later] = [createCollector(), createCollector()];
      const first = await bus.listen([topic], all.add, ignoreGaps);
      await bus.publish([createRecord('a', 0)]);
      await all.seen(1);
      await first.close();
      await bus.publish([createRecord('a', 1)]);
      await bus.listen([topic], later.add, ignoreGaps);
      await bus.publish([createRecord('a', 2)]);
      await later.seen(1);
      assert.deepEqual(numbersOf(later.got), [2]);
      assert.deepEqual(numbersOf(all.got), [0]);
    },
  },
  {
    name: 'closes a listener only when its handler has finished, and holds nobody up with what it leaves',
    async check({ bus }) {
      const [gate, entered] = [createGate(), createGate()];
      const all = createCollector();
      const events: string[] = [];
      const handler = async (records: readonly BusRecord[]) => {
        events.push(`begin ${numbersOf(records)}`);
        entered.open();
        await gate.opened;
        events.push('end');
      };
      const listener = await bus.listen([topic], handler, ignoreGaps);
      await bus.subscribe(group(), [topic], async (records) => all.add(records));
      const published = [bus.publish([createRecord('a', 0)])];
      await entered.opened;
      published.push(bus.publish([createRecord('a', 1)]));
      const closing = listener.close().then(() => events.push('closed'));
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      gate.open();
      await Promise.all([closing, ...published, all.seen(2)]);
      assert.deepEqual(events, ['begin 0', 'end', 'closed']);
    },
  },
  {
    name: 'takes a handler that fails for a gap, and goes on with what follows',
    async check({ bus }) {
      const all = createCollector();
      const told = createGate();
      let failed = false;
      const handler = (records: readonly BusRecord[]) => {
        if (!failed) {
          failed = true;
          throw new Error('not this one');
        }
        all.add(records);
      };
      await bus.listen([topic], handler, { onGap: told.open });
      await bus.publish([createRecord('a', 0)]);
      await told.opened;
      for (const n of range(1, 4)) await bus.publish([createRecord('a', n)]);
      await all.seen(3);
      assert.deepEqual(numbersOf(all.got), [1, 2, 3]);
    },
  },
  {
    name: 'tells of a gap again until that succeeds, and lets records through meanwhile',
    async check({ bus }) {
      const all = createCollector();
      const closed = createGate();
      let calls = 0;
      const onGap = async () => {
        if (++calls < 4) throw new Error('the database is away');
        await all.seen(1);
        closed.open();
      };
      const handler = (records: readonly BusRecord[]) => {
        if (numberOf(records[0]!) === 0) throw new Error('not this one');
        all.add(records);
      };
      await bus.listen([topic], handler, { onGap });
      await bus.publish([createRecord('a', 0)]);
      await bus.publish([createRecord('a', 1)]);
      await closed.opened;
      assert.equal(calls, 4);
    },
  },
  {
    name: 'refuses to listen once it is closed',
    async check({ bus }) {
      await bus.close();
      await assert.rejects(
        bus.listen([topic], () => {}, ignoreGaps),
        { code: 'service.unavailable' },
      );
    },
  },
];
