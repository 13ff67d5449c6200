import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDiskBlobs } from '../../adapters/blobs/disk/create-disk-blobs.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type AttachmentId, createId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { createTelemetry } from '../../runtime/telemetry.ts';
import { createAttachmentCollector } from './attachment-collector.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-collector-'));
});
afterEach(() => rm(folder, { recursive: true }));

const files = async () => (await readdir(folder)).filter((name) => name !== '.incoming').sort();

/** chat, which has these rows, of which these are dropped. */
function createSystem(rows: Set<AttachmentId>, dropped: Set<AttachmentId>, deleting = async () => {}) {
  const blobs = createDiskBlobs({ folder });
  const metrics = createTelemetry();
  const collector = createAttachmentCollector({
    chat: {
      collectAttachments: async () => [...dropped],
      forgetAttachments: async (_ctx, ids) => {
        for (const id of ids) {
          dropped.delete(id);
          rows.delete(id);
        }
      },
      listUnknownAttachments: async (_ctx, ids) => ids.filter((id) => !rows.has(id)),
      getAttachmentTotals: async () => ({ storedBytes: 10, reclaimableBytes: 4 }),
    },
    blobs: {
      list: blobs.list,
      delete: async (key) => {
        await deleting();
        await blobs.delete(key);
      },
    },
    clock: systemClock,
    log: silentLog,
    metrics,
  });
  const put = async (hoursAgo = 0) => {
    const id = createId<AttachmentId>();
    await blobs.put(id, Readable.from([Buffer.from('bytes')]), { maxBytes: 10 });
    const at = Date.now() / 1_000 - hoursAgo * 3_600;
    await utimes(path.join(folder, id), at, at);
    return id;
  };
  return { collector, put, metrics };
}

test('removes what chat has dropped, and tells how much there is', async () => {
  const [rows, dropped] = [new Set<AttachmentId>(), new Set<AttachmentId>()];
  const { collector, put, metrics } = createSystem(rows, dropped);
  const [kept, gone] = [await put(), await put()];
  rows.add(kept).add(gone);
  dropped.add(gone);
  await collector.collect();
  expect(await files()).toEqual([kept]);
  expect([...rows]).toEqual([kept]);
  const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('parley_attachment_bytes'));
  expect(lines.sort()).toEqual([
    'parley_attachment_bytes{state="reclaimable"} 4',
    'parley_attachment_bytes{state="stored"} 6',
  ]);
});

test('a row is not forgotten while its bytes are there', async () => {
  const [rows, dropped] = [new Set<AttachmentId>(), new Set<AttachmentId>()];
  let broken = true;
  const { collector, put } = createSystem(rows, dropped, async () => {
    if (broken) throw new Error('the disk is away');
  });
  const id = await put();
  rows.add(id);
  dropped.add(id);
  await expect(collector.collect()).rejects.toThrow('the disk is away');
  expect([[...rows], await files()]).toEqual([[id], [id]]);
  broken = false;
  await collector.collect();
  expect([[...rows], await files()]).toEqual([[], []]);
});

test('bytes that belong to nobody go after a day, and nothing else in the folder', async () => {
  const rows = new Set<AttachmentId>();
  const { collector, put } = createSystem(rows, new Set());
  const [stray, young, known] = [await put(25), await put(23), await put(25)];
  rows.add(known);
  await createDiskBlobs({ folder }).put('not-an-id', Readable.from([]), { maxBytes: 1 });
  await utimes(path.join(folder, 'not-an-id'), 0, 0);
  await collector.collect();
  expect(await files()).toEqual([young, known, 'not-an-id'].sort());
  expect(await files()).not.toContain(stray);
});
