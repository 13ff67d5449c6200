import { fail, toFailure } from '../../src/kernel/errors.ts';
import type { Bus, BusRecord, Subscription } from '../../src/ports/bus.ts';
import type { BusSubject } from './properties.ts';

type Handler = (records: readonly BusRecord[]) => Promise<void>;
type Listening = Parameters<Bus['listen']>;

/** A fault for the publishing half, for the consuming half, or both. */
interface Fault {
  publish?(bus: Bus, records: readonly BusRecord[]): Promise<void>;
  group?(name: string): string;
  topics?(topics: readonly string[]): readonly string[];
  handler?(handler: Handler, maxBatch: number): Handler;
  close?(subscription: Subscription): Promise<void>;
  listen?(bus: Bus, ...listening: Listening): Promise<Subscription>;
}

/** Ways a bus can be wrong, to prove that the suite notices. Each fault gets state of its own. */
export const busFaults = {
  'a large publish is overtaken': (): Fault => ({
    async publish(bus, records) {
      if (records.length > 10) await new Promise(setImmediate);
      return bus.publish(records);
    },
  }),
  'records are reversed': (): Fault => ({ publish: (bus, records) => bus.publish(records.toReversed()) }),
  'publish resolves early': (): Fault => ({
    async publish(bus, records) {
      bus.publish(records).catch(() => {});
    },
  }),
  'publishes wait for the slowest group': (): Fault => {
    let last = Promise.resolve();
    return {
      publish(bus, records) {
        last = last.then(() => bus.publish(records));
        return last;
      },
    };
  },
  'the array is read late': (): Fault => ({
    publish: (bus, records) => new Promise((resolve) => setImmediate(() => resolve(bus.publish(records)))),
  }),
  'a closed bus takes records': (): Fault => ({ publish: (bus, records) => bus.publish(records).catch(() => {}) }),
  'failed records are lost': (): Fault => ({ handler: (handler) => (records) => handler(records).catch(() => {}) }),
  'groups compete': (): Fault => ({ group: () => 'everybody' }),
  'topics are ignored': (): Fault => ({ topics: () => ['parley.chat', 'parley.identity'] }),
  'a group forgets its position': (): Fault => {
    let count = 0;
    return { group: (name) => `${name}-${++count}` };
  },
  'a group repeats on resume': (): Fault => {
    let last: readonly BusRecord[] = [];
    return {
      handler: (handler) => {
        let again = last;
        return (records) => {
          const batch = [...again, ...records];
          again = [];
          last = records;
          return handler(batch);
        };
      },
    };
  },
  'records are shared and open': (): Fault => {
    const copies = new WeakMap<BusRecord, BusRecord>();
    const copy = (record: BusRecord) => {
      const known = copies.get(record) ?? structuredClone(record);
      copies.set(record, known);
      return known;
    };
    return { handler: (handler) => (records) => handler(records.map(copy)) };
  },
  'an outage is taken for poison': (): Fault => ({
    handler: (handler) => (records) =>
      handler(records).catch((thrown) => {
        throw fail('request.invalid', toFailure(thrown).message);
      }),
  }),
  'poison takes its neighbours along': (): Fault => ({
    handler: (handler) => {
      let failed: readonly BusRecord[] = [];
      return async (records) => {
        const rest = records.filter((record) => !failed.includes(record));
        if (failed.length === 0) failed = records;
        await handler(rest);
      };
    },
  }),
  'transactions are cut': (): Fault => ({
    handler: (handler, maxBatch) => async (records) => {
      for (let at = 0; at < records.length; at += maxBatch) await handler(records.slice(at, at + maxBatch));
    },
  }),
  'close does not wait': (): Fault => ({
    async close(subscription) {
      void subscription.close();
    },
  }),
  'a listener hears of every key': (): Fault => ({
    listen: (bus, topics, handler, { onGap }) => bus.listen(topics, handler, { onGap }),
  }),
  'listeners compete': (): Fault => ({
    listen: (bus, topics, handler) => bus.subscribe('listeners', topics, async (records) => handler(records)),
  }),
  'a listener gets what was before': (): Fault => {
    const before: BusRecord[] = [];
    return {
      publish(bus, records) {
        before.push(...records);
        return bus.publish(records);
      },
      async listen(bus, topics, handler, options) {
        await handler(before);
        return bus.listen(topics, handler, options);
      },
    };
  },
  'a listener is waited for while it is away': (): Fault => ({
    listen: (bus, topics, handler) => bus.subscribe('me', topics, async (records) => handler(records)),
  }),
  'a listener is cut off in its work': (): Fault => ({
    async listen(bus, ...listening) {
      const listener = await bus.listen(...listening);
      return {
        async close() {
          void listener.close();
        },
      };
    },
  }),
  'a listener that fails is not told': (): Fault => ({
    listen: (bus, topics, handler) => bus.listen(topics, handler, { onGap() {} }),
  }),
  'a listener that fails gets it again': (): Fault => ({
    listen: (bus, topics, handler, options) =>
      bus.listen(
        topics,
        async (records) => {
          try {
            await handler(records);
          } catch {
            await handler(records);
            await options.onGap();
          }
        },
        options,
      ),
  }),
  'a gap is told once': (): Fault => ({
    listen: (bus, topics, handler, options) =>
      bus.listen(topics, handler, {
        async onGap() {
          await Promise.resolve(options.onGap()).catch(() => {});
        },
      }),
  }),
} as const satisfies Record<string, () => Fault>;

export type BusFault = keyof typeof busFaults;

/** The sound subject with one fault built in. */
export function breakBus({ bus, deadLetters }: BusSubject, name: BusFault): BusSubject {
  const fault: Fault = busFaults[name]();
  return {
    deadLetters,
    bus: {
      guarantees: bus.guarantees,
      publish: (records) => fault.publish?.(bus, records) ?? bus.publish(records),
      async subscribe(group, topics, handler, options = {}) {
        const subscription = await bus.subscribe(
          fault.group?.(group) ?? group,
          fault.topics?.(topics) ?? topics,
          fault.handler?.(handler, options.maxBatch ?? 1_000) ?? handler,
          name === 'transactions are cut' ? { ...options, maxBatch: 1_000 } : options,
        );
        return { close: () => fault.close?.(subscription) ?? subscription.close() };
      },
      listen: (...listening) => fault.listen?.(bus, ...listening) ?? bus.listen(...listening),
      close: () => bus.close(),
    },
  };
}

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<BusFault, readonly string[]>> = {
  'records are reversed': [
    'does not see',
    'gives a listener',
    'gives every group',
    'hands over again, in',
    'keeps the order of each',
  ],
  'publish resolves early': ['refuses to publish'],
  'publishes wait for the slowest group': ['does not see'],
  'failed records are lost': ['keeps the order of each', 'retries for ever', 'sets a poisoned'],
  'groups compete': [
    'keeps the order of each',
    'keeps what one',
    'lets a slow',
    'resolves publish only',
    'sets a poisoned',
  ],
  'a group forgets its position': ['closes a subscription', 'hands over what', 'resumes a group', 'sets a poisoned'],
  'a group repeats on resume': ['closes a subscription'],
  'poison takes its neighbours along': ['hands over again, in', 'retries for ever'],
  'transactions are cut': ['keeps the order of each'],
  'listeners compete': ['closes a listener', 'gives a listener', 'keeps nothing for', 'takes a handler', 'tells of a'],
  'a listener gets what was before': ['closes a listener', 'keeps nothing for', 'takes a handler', 'tells of a'],
  'a listener is waited for while it is away': [
    'closes a listener',
    'gives a listener',
    'gives every listener',
    'takes a handler',
    'tells of a',
  ],
  'a listener that fails is not told': ['gives a listener', 'tells of a'],
  'a gap is told once': ['gives a listener'],
};
