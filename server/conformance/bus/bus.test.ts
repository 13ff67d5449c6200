import { describe, test } from 'vitest';
import { createMemoryBus } from '../../src/adapters/bus/memory/create-memory-bus.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, type BusFault, breakBus } from './break-bus.ts';
import { listenProperties } from './listen-properties.ts';
import { type BusSubject, busProperties } from './properties.ts';

const properties = [...busProperties, ...listenProperties];

function createMemorySubject(): BusSubject {
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 1, retryMaxMs: 4 });
  return {
    bus,
    deadLetters: async (group) =>
      bus
        .deadLetters()
        .filter((letter) => letter.group === group)
        .map(({ record, reason }) => ({ key: record.key, reason })),
  };
}

describe('the memory bus', () => {
  for (const property of properties) {
    test(property.name, async () => {
      const subject = createMemorySubject();
      await property.check(subject);
      await subject.bus.close();
    });
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<BusFault, string> = {
  'a large publish is overtaken': 'publishes that do not wait',
  'records are reversed': 'publishes that do not wait',
  'publish resolves early': 'resolves publish only',
  'publishes wait for the slowest group': 'hold up the others',
  'the array is read late': 'to its array afterwards',
  'a closed bus takes records': 'once it is closed',
  'failed records are lost': 'failed on',
  'groups compete': 'its own copy',
  'topics are ignored': 'topics it asked for',
  'a group forgets its position': 'shares the records',
  'a group repeats on resume': 'resumes a group',
  'records are shared and open': 'from the others',
  'an outage is taken for poison': 'no fault of the record',
  'poison takes its neighbours along': 'poisoned record',
  'transactions are cut': 'cut between transactions',
  'close does not wait': 'closes a subscription',
  'a listener hears of every key': 'keys it names',
  'listeners compete': 'every listener',
  'a listener gets what was before': 'from before',
  'a listener is waited for while it is away': 'is away',
  'a listener is cut off in its work': 'closes a listener',
  'a listener that fails is not told': 'for a gap',
  'a listener that fails gets it again': 'for a gap',
  'a gap is told once': 'until that succeeds',
};

describeFaults({ properties: properties, noticedBy, alsoBroken, create: createMemorySubject, break: breakBus });
