import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createDiskBlobs } from '../../src/adapters/blobs/disk/create-disk-blobs.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, type BlobFault, blobFaults, lateWrites } from './break-blobs.ts';
import { blobProperties } from './properties.ts';

const folders: string[] = [];

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-blobs-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  await Promise.all(lateWrites.splice(0));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('blobs on disk', () => {
  for (const property of blobProperties) {
    test(property.name, async () => {
      const folder = await createFolder();
      await property.check(createDiskBlobs({ folder }));
      expect(await readdir(path.join(folder, '.incoming')).catch(() => [])).toEqual([]);
    });
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<BlobFault, string> = {
  'put resolves early': 'once put resolves',
  'an unknown key is empty': 'never put',
  'a range is forgotten': 'a range of the bytes',
  'the limit cuts': 'exactly maxBytes',
  'half a stream is kept': 'breaks off',
  'a blob grows in sight': 'no half',
  'a reader reads on in the new blob': 'reader of the old one',
  'the old blob goes first': 'replacement fails',
  'puts of one key are mixed': 'at once',
  'delete does nothing': 'forgotten',
  'empty ones are not listed': 'lists every blob',
  'keys are cleaned instead of refused': 'not a key',
};

describeFaults({
  properties: blobProperties,
  noticedBy,
  alsoBroken,
  create: async () => createDiskBlobs({ folder: await createFolder() }),
  break: (blobs, fault) => blobFaults[fault](blobs),
});
