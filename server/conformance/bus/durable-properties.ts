import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { toFailure } from '../../src/kernel/errors.ts';
import type { Bus, BusRecord } from '../../src/ports/bus.ts';
import { createCollector, createGate, createRecord, group, numberOf, range, topic } from './fixtures.ts';

/** A member of a group in a process of its own. */
export interface MemberProcess {
  /** Resolves when its handler has been called for the first time; the call never ends. */
  readonly stuck: Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** What an adapter that says `durable` gives the suite besides. */
export interface DurableBusSubject {
  readonly bus: Bus;
  /** The bus of another process: the same topics and groups, nothing else in common. */
  openAnother(): Bus;
  startMember(group: string): Promise<MemberProcess>;
  /** Resolves when the broker answers again; null: it is not ours to restart. */
  readonly restartBroker: (() => Promise<void>) | null;
}

/** One property of a bus whose `guarantees.durable` is true. */
export interface DurableBusProperty {
  readonly name: string;
  readonly restartsBroker?: true;
  check(subject: DurableBusSubject): Promise<void>;
}

const keys = range(0, 16).map((n) => `key-${n}`);

/** Per key: nothing left out, and nothing handled before what was published before it. Repeats are allowed. */
function assertWholeAndOrdered(got: readonly BusRecord[], count: number): void {
  for (const key of keys) {
    let next = 0;
    for (const record of got) {
      if (record.key !== key) continue;
      const n = numberOf(record);
      assert.ok(n <= next, `${key}: ${n} came when ${next} was due`);
      if (n === next) next++;
    }
    assert.equal(next, count, `${key} ended early`);
  }
}

/**
 * Publishes rising numbers for every key while `goesOn` says so of the next one; what a broker that is away refuses is published
 * again. Resolves with how many there were.
 */
async function publishWhile(bus: Bus, goesOn: (n: number) => boolean, paceMs: number): Promise<number> {
  let n = 0;
  for (; goesOn(n); n++) {
    const batch = keys.map((key) => createRecord(key, n));
    while (true) {
      try {
        await bus.publish(batch);
        break;
      } catch (thrown) {
        assert.equal(toFailure(thrown).code, 'service.unavailable');
        await delay(100);
      }
    }
    await delay(paceMs);
  }
  return n;
}

/** What the members of one group handle. */
function createStream(handleMs = 2) {
  const got: BusRecord[] = [];
  const highest = new Map<string, number>();
  const inHand = new Set<string>();
  const overlaps: string[] = [];
  let check: () => void = () => {};
  return {
    got,
    /** Resolves when every key has come to the last of `count` numbers. */
    all: (count: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (keys.every((key) => highest.get(key) === count - 1)) resolve();
        };
        check();
      }),
    /** Keys that two members had in hand at a time. */
    overlaps,
    member() {
      const begun = createGate();
      const handler = async (records: readonly BusRecord[]) => {
        const mine = [...new Set(records.map(({ key }) => key))];
        overlaps.push(...mine.filter((key) => inHand.has(key)));
        for (const key of mine) inHand.add(key);
        // Long enough that another member would get in between if it could.
        await delay(handleMs);
        for (const key of mine) inHand.delete(key);
        for (const record of records) {
          got.push(record);
          highest.set(record.key, Math.max(numberOf(record), highest.get(record.key) ?? 0));
        }
        begun.open();
        check();
      };
      return { begun: begun.opened, handler };
    },
  };
}

export const durableBusProperties: readonly DurableBusProperty[] = [
  {
    name: 'keeps what is published while nobody of a declared group is there',
    async check({ bus, openAnother }) {
      const name = group();
      const subscription = await bus.subscribe(name, [topic], async () => {});
      await subscription.close();
      await bus.publish(range(0, 5).map((n) => createRecord('a', n)));
      await bus.close();
      const later = createCollector();
      const other = openAnother();
      await other.subscribe(name, [topic], async (records) => later.add(records));
      await later.seen(5);
      assert.deepEqual(later.got.map(numberOf), range(0, 5));
      await other.close();
    },
  },
  {
    name: 'resumes in another process after the last handled record, without a repeat when the first one closed',
    async check({ bus, openAnother }) {
      const name = group();
      const first = createCollector();
      await bus.subscribe(name, [topic], async (records) => first.add(records));
      await bus.publish(range(0, 20).map((n) => createRecord('a', n)));
      await first.seen(20);
      await bus.close();
      const other = openAnother();
      await other.publish(range(20, 40).map((n) => createRecord('a', n)));
      const second = createCollector();
      await other.subscribe(name, [topic], async (records) => second.add(records));
      await second.seen(20);
      assert.deepEqual(second.got.map(numberOf), range(20, 40));
      await other.close();
    },
  },
  {
    name: 'hands over again what a killed process had not finished',
    async check({ bus, startMember }) {
      const name = group();
      const member = await startMember(name);
      await bus.publish(range(0, 5).map((n) => createRecord('a', n)));
      await member.stuck;
      await member.kill();
      const heir = createCollector();
      await bus.subscribe(name, [topic], async (records) => heir.add(records));
      await heir.seen(5);
      assert.deepEqual(heir.got.map(numberOf), range(0, 5));
    },
  },
  {
    name: 'moves keys between members in mid-stream, losing nothing and keeping the order of each',
    async check({ bus, openAnother }) {
      const name = group();
      // Longer than it takes a member to learn what it was given.
      const stream = createStream(1_000);
      const members = range(0, 3).map(() => stream.member());
      const settings = { maxBatch: 2_000 };
      const first = await bus.subscribe(name, [topic], members[0]!.handler, settings);
      let goesOn = true;
      const published = publishWhile(bus, () => goesOn, 10);
      const others = [openAnother(), openAnother()];
      await members[0]!.begun;
      await others[0]!.subscribe(name, [topic], members[1]!.handler, settings);
      await members[1]!.begun;
      await others[1]!.subscribe(name, [topic], members[2]!.handler, settings);
      await members[2]!.begun;
      await first.close();
      goesOn = false;
      const count = await published;
      await stream.all(count);
      assertWholeAndOrdered(stream.got, count);
      assert.deepEqual(stream.overlaps, []);
      // Nobody was killed: who gives a key away has finished with it, and has said so.
      assert.equal(stream.got.length, count * keys.length, 'some were handled twice');
      for (const other of others) await other.close();
    },
  },
  {
    name: 'outlives a restart of the broker in mid-stream',
    restartsBroker: true,
    async check({ bus, restartBroker }) {
      const count = 300;
      const stream = createStream();
      await bus.subscribe(group(), [topic], stream.member().handler, { maxBatch: 10 });
      const published = publishWhile(bus, (n) => n < count, 10);
      await delay(1_000);
      await restartBroker!();
      await Promise.all([published, stream.all(count)]);
      assertWholeAndOrdered(stream.got, count);
    },
  },
  {
    name: 'tells a listener when it may have missed records over a restart of the broker',
    restartsBroker: true,
    async check({ bus, restartBroker }) {
      const count = 100;
      const got = new Set<string>();
      let gaps = 0;
      let heard = 0;
      const handler = (records: readonly BusRecord[]) => {
        for (const record of records) got.add(`${record.key} ${numberOf(record)}`);
        heard = Math.max(heard, ...records.map(numberOf));
      };
      await bus.listen([topic], handler, { onGap: () => void gaps++ });
      const published = publishWhile(bus, (n) => n < count, 10);
      await delay(300);
      await restartBroker!();
      await published;
      // It may come back later than the publisher does; what it hears then ends what it can have missed.
      for (let n = count; heard < count; n++) {
        await bus.publish([createRecord('last', n)]);
        await delay(100);
      }
      const missed = keys.flatMap((key) => range(0, count).filter((n) => !got.has(`${key} ${n}`)));
      assert.ok(missed.length === 0 || gaps > 0, `${missed.length} records were missed in silence`);
    },
  },
];
