import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobStore } from '../../src/ports/blobs.ts';

/** One property of ports/blobs. `check` throws when the adapter lacks it. Every check gets an empty store. */
export interface BlobProperty {
  readonly name: string;
  check(blobs: BlobStore): Promise<void>;
}

const limits = { maxBytes: 1_000_000 };

async function read(blobs: BlobStore, key: string): Promise<Buffer | null> {
  const blob = await blobs.get(key);
  if (!blob) return null;
  const bytes = await buffer(blob.stream);
  assert.equal(blob.size, bytes.length, 'get tells the true size');
  return bytes;
}

/** Not deepEqual: what it prints about two large buffers that differ takes gigabytes on Node 24. */
function assertSameBytes(actual: Buffer | null, expected: Buffer): void {
  assert.ok(actual?.equals(expected), 'other bytes came back than were put');
}

async function expectNone(blobs: BlobStore, key: string): Promise<void> {
  const blob = await blobs.get(key);
  blob?.stream.destroy();
  assert.equal(blob, null);
}

export const blobProperties: readonly BlobProperty[] = [
  {
    name: 'gives back the bytes that were put, once put resolves',
    async check(blobs) {
      for (const size of [0, 1, 65_536, 300_001]) {
        const bytes = randomBytes(size);
        assert.deepEqual(await blobs.put(`size-${size}`, Readable.from([bytes]), limits), { size });
        assertSameBytes(await read(blobs, `size-${size}`), bytes);
      }
    },
  },
  {
    name: 'gives a range of the bytes, and the size of them all',
    async check(blobs) {
      const bytes = randomBytes(1_000);
      await blobs.put('ranged', Readable.from([bytes]), limits);
      for (const [first, last] of [
        [0, 0],
        [1, 10],
        [999, 999],
        [0, 999],
      ] as const) {
        const blob = await blobs.get('ranged', { first, last });
        assert.equal(blob?.size, bytes.length);
        assertSameBytes(blob && (await buffer(blob.stream)), bytes.subarray(first, last + 1));
      }
    },
  },
  {
    name: 'knows nothing of a key that was never put',
    async check(blobs) {
      await expectNone(blobs, 'nothing');
      await blobs.delete('nothing');
    },
  },
  {
    name: 'takes exactly maxBytes and leaves nothing of what is larger',
    async check(blobs) {
      await blobs.put('fits', Readable.from([Buffer.alloc(1_000)]), { maxBytes: 1_000 });
      const larger = Readable.from(Array.from({ length: 11 }, () => Buffer.alloc(91)));
      await assert.rejects(blobs.put('larger', larger, { maxBytes: 1_000 }), { code: 'request.too_large' });
      await expectNone(blobs, 'larger');
    },
  },
  {
    name: 'leaves nothing of a stream that breaks off',
    async check(blobs) {
      const source = new PassThrough();
      const putting = assert.rejects(blobs.put('broken', source, limits), /gone/);
      putting.catch(() => {}); // a broken adapter may fail the property before it is waited for
      source.write(Buffer.alloc(100_000));
      source.destroy(new Error('the sender has gone'));
      await putting;
      await expectNone(blobs, 'broken');
    },
  },
  {
    name: 'shows no half of a blob while it is put',
    async check(blobs) {
      const source = new PassThrough();
      const putting = blobs.put('slow', source, limits);
      putting.catch(() => {});
      const half = randomBytes(50_000);
      for (let i = 0; i < 20; i++) {
        source.write(half.subarray(i * 2_500, (i + 1) * 2_500));
        await expectNone(blobs, 'slow');
      }
      source.end();
      await putting;
      assertSameBytes(await read(blobs, 'slow'), half);
    },
  },
  {
    name: 'replaces a blob whole, and a reader of the old one reads it to its end',
    async check(blobs) {
      const before = randomBytes(200_000);
      const after = randomBytes(150_000);
      await blobs.put('same', Readable.from([before]), limits);
      const reader = await blobs.get('same');
      assert.ok(reader);
      await blobs.put('same', Readable.from([after]), limits);
      assertSameBytes(await buffer(reader.stream), before);
      assertSameBytes(await read(blobs, 'same'), after);
    },
  },
  {
    name: 'keeps the old blob when its replacement fails',
    async check(blobs) {
      const before = randomBytes(1_000);
      await blobs.put('same', Readable.from([before]), limits);
      await assert.rejects(blobs.put('same', Readable.from([Buffer.alloc(11)]), { maxBytes: 10 }));
      assertSameBytes(await read(blobs, 'same'), before);
    },
  },
  {
    name: 'keeps one whole blob of several put under one key at once',
    async check(blobs) {
      const several = Array.from({ length: 8 }, () => randomBytes(100_000));
      await Promise.all(several.map((bytes) => blobs.put('race', Readable.from([bytes]), limits)));
      const found = await read(blobs, 'race');
      assert.ok(found && several.some((bytes) => bytes.equals(found)));
    },
  },
  {
    name: 'has forgotten a blob when delete resolves',
    async check(blobs) {
      await blobs.put('gone', Readable.from([Buffer.from('x')]), limits);
      await blobs.delete('gone');
      await expectNone(blobs, 'gone');
    },
  },
  {
    name: 'lists every blob once, with its size and when it was put',
    async check(blobs) {
      const before = Date.now();
      for (const size of [0, 3]) await blobs.put(`listed-${size}`, Readable.from([Buffer.alloc(size)]), limits);
      await blobs.put('unlisted', Readable.from([Buffer.from('x')]), limits);
      await blobs.delete('unlisted');
      const found = [];
      for await (const { key, size, putAt } of blobs.list()) {
        // Clocks of file systems are coarser than ours.
        assert.ok(putAt > before - 5_000 && putAt < Date.now() + 5_000);
        found.push([key, size]);
      }
      assert.deepEqual(found.sort(), [
        ['listed-0', 0],
        ['listed-3', 3],
      ]);
    },
  },
  {
    name: 'refuses what is not a key',
    async check(blobs) {
      const refused = { code: 'request.invalid' };
      for (const key of ['', '..', '../up', 'a/b', 'A', 'a.b', 'a\0', 'a'.repeat(65), 'é', 'a\n']) {
        await assert.rejects(blobs.put(key, Readable.from([Buffer.from('x')]), limits), refused);
        await assert.rejects(blobs.get(key), refused);
        await assert.rejects(blobs.delete(key), refused);
      }
      await blobs.put('a'.repeat(64), Readable.from([Buffer.from('x')]), limits);
    },
  },
];
