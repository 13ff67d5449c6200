import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../../kernel/log.ts';
import { createCommits } from './commit-offsets.ts';
import { holdPartition } from './held-partition.ts';
import type { Membership } from './join-group.ts';

// no machine is so slow that the time between two commits passes by itself
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A group whose broker writes down what is committed. */
function createGroup() {
  const held = holdPartition('parley.chat', 3);
  const committed: bigint[] = [];
  const client = {
    async commit({ offsets }: { offsets: readonly { offset: bigint }[] }) {
      committed.push(...offsets.map(({ offset }) => offset));
    },
  };
  const membership = { client, settled: async () => {} } as unknown as Membership;
  const commits = createCommits({ group: 'g', partitions: () => [held], membership: () => membership, log: silentLog });
  return {
    ...{ held, committed, commits },
    handle(offset: bigint) {
      held.handled = offset;
      commits.wake();
    },
  };
}

/** Long enough for whatever waits for no timer. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

test('the first is committed at once, what follows closely goes together when somebody waits for it', async () => {
  const { committed, commits, handle } = createGroup();
  handle(1n);
  await turns();
  expect(committed).toEqual([1n]);
  handle(2n);
  await turns();
  handle(3n);
  await commits.flush();
  expect(committed).toEqual([1n, 3n]);
});

test('what nobody waits for is committed after a while', async () => {
  const { committed, handle } = createGroup();
  handle(1n);
  await turns();
  handle(2n);
  await turns();
  expect(committed).toEqual([1n]);
  vi.advanceTimersByTime(100);
  await turns();
  expect(committed).toEqual([1n, 2n]);
});

test('a flush leaves nothing behind, and nothing is committed after the stop', async () => {
  const { held, committed, commits, handle } = createGroup();
  handle(1n);
  await commits.flush();
  handle(2n);
  await commits.flush();
  expect(held.committed).toBe(2n);
  commits.stop();
  handle(3n);
  await commits.flush();
  await turns();
  expect(committed).toEqual([1n, 2n]);
});
