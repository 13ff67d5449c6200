import { statfs } from 'node:fs/promises';
import type { Gauge } from './create-storage-guard.ts';

export interface DiskSpace {
  /** Bytes that an ordinary user may still write. */
  readonly free: number;
  readonly total: number;
}

const GiB = 2 ** 30;

/** MESSAGE-PATH rule 27: full below 1 GiB or 5 % free; roomy again a fifth above that, so that it does not flutter. */
export function diskGauge(dir: string, readSpace: (dir: string) => Promise<DiskSpace> = readDisk): Gauge {
  return {
    name: 'disk',
    async read() {
      const { free, total } = await readSpace(dir);
      const level = Math.min(free / GiB, free / total / 0.05);
      const detail = `${dir}: ${(free / GiB).toFixed(2)} GiB (${((100 * free) / total).toFixed(1)} %) free`;
      return { state: level < 1 ? 'full' : level >= 1.2 ? 'roomy' : 'between', detail };
    },
  };
}

export async function readDisk(dir: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { free: bavail * bsize, total: blocks * bsize };
}
