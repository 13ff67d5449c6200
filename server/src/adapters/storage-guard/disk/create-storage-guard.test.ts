import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import { createStorageGuard, type Gauge } from './create-storage-guard.ts';
import { type DiskSpace, diskGauge, readDisk } from './disk-gauge.ts';

const GiB = 2 ** 30;
const guardOf = (...gauges: Gauge[]) => createStorageGuard({ gauges, log: silentLog, metrics: noMetrics });

it.each<[string, number, number, boolean]>([
  ['plenty', 50, 100, false],
  ['just 1 GiB of a small disk', 1, 10, false],
  ['less than 1 GiB', 0.99, 10, true],
  ['5 % of a big disk', 5, 100, false],
  ['less than 5 %', 4.9, 100, true],
])('disk: %s', async (_, free, total, full) => {
  const { guard, unit } = guardOf(diskGauge('/', async () => ({ free: free * GiB, total: total * GiB })));
  await unit.start?.();
  expect(guard.full()).toBe(full);
  expect(unit.health?.().status).toBe(full ? 'degraded' : 'ok');
  await unit.stop?.();
});

it('does not flutter at the border', async () => {
  let space: DiskSpace = { free: 0.9 * GiB, total: 10 * GiB };
  const { guard, read } = guardOf(diskGauge('/', async () => space));
  const seen: boolean[] = [];
  for (const free of [0.9, 1.1, 1.3, 1.1, 0.9]) {
    space = { free: free * GiB, total: 10 * GiB };
    await read();
    seen.push(guard.full());
  }
  expect(seen).toEqual([true, true, false, false, true]);
});

it('is full as long as one gauge is, and a gauge that fails keeps its last word', async () => {
  let slot: 'full' | 'roomy' | 'broken' = 'full';
  const { guard, read } = guardOf(
    diskGauge('/', async () => ({ free: 9 * GiB, total: 10 * GiB })),
    {
      name: 'slot',
      async read() {
        if (slot === 'broken') throw new Error('away');
        return { state: slot, detail: '' };
      },
    },
  );
  await read();
  expect(guard.full()).toBe(true);
  slot = 'broken';
  await read();
  expect(guard.full()).toBe(true);
  slot = 'roomy';
  await read();
  expect(guard.full()).toBe(false);
});

it('reads a real disk', async () => {
  const { free, total } = await readDisk(tmpdir());
  expect(free).toBeGreaterThan(0);
  expect(total).toBeGreaterThanOrEqual(free);
});
