import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { createDiskBlobs } from '../../adapters/blobs/disk/create-disk-blobs.ts';
import { createId } from '../../kernel/ids.ts';
import { lookAtAttachments } from './doctor-attachments.ts';

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await openTestDatabase(['chat']);
  folder = await mkdtemp(path.join(tmpdir(), 'parley-doctor-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await db.close();
});

const insert = (id: string, state: string, checkAt: string) =>
  db.sql.query(
    `insert into chat.attachments (id, owner_id, name, size, media_type, created_at, state, check_at)
     values ($1, $1, 'a', 1048576, 'x/y', now(), $2, ${checkAt})`,
    [id, state],
  );

test('nothing is nothing', async () => {
  expect(await lookAtAttachments(db.url, path.join(folder, 'none'))).toEqual([
    { ok: true, check: 'attachments', found: '0, 0.0 MiB, of which 0.0 MiB reclaimable' },
    { ok: true, check: expect.stringContaining('files of no attachment'), found: 'none' },
  ]);
});

test('says what is reclaimable, what nobody knows, and that nobody comes for it', async () => {
  const blobs = createDiskBlobs({ folder });
  const ids = [createId(), createId(), createId(), createId()];
  for (const id of ids) {
    await blobs.put(id, Readable.from([Buffer.alloc(1_048_576)]), { maxBytes: 2_000_000 });
    await utimes(path.join(folder, id), 1, 1);
  }
  const [shown, waiting, dropped] = ids as [string, string, string];
  await insert(shown, 'stored', 'null');
  await insert(waiting, 'stored', `now() + interval '1 hour'`);
  await insert(dropped, 'dropped', `now() + interval '1 hour'`);
  const [rows, files] = await lookAtAttachments(db.url, folder);
  expect(rows).toMatchObject({ ok: true, found: '3, 3.0 MiB, of which 1.0 MiB reclaimable' });
  expect(files?.found).toMatch(/^1, 1.0 MiB reclaimable/);

  await insert(createId(), 'stored', `now() - interval '25 hours'`);
  expect((await lookAtAttachments(db.url, folder))[0]).toMatchObject({
    ok: false,
    found: '4, 4.0 MiB, of which 2.0 MiB reclaimable',
    consequence: expect.stringContaining('1 should have been looked at'),
  });
});

test('a database that does not answer is for others to say', async () => {
  expect(await lookAtAttachments('postgres://x@127.0.0.1:1/none', folder)).toEqual([]);
});
