import { expect, test } from 'vitest';
import { createMemoryBus } from '../../src/adapters/bus/memory/create-memory-bus.ts';
import { silentLog } from '../../src/kernel/log.ts';

/** durable-properties are for a bus that says so; this is the one that does not. */
test('the memory bus says that it is not durable', async () => {
  const bus = createMemoryBus({ log: silentLog });
  expect(bus.guarantees.durable).toBe(false);
  await bus.close();
});
