import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '../../src/ports/blobs.ts';

/** What 'put resolves early' is still writing: to be awaited before its folder is removed. */
export const lateWrites: Promise<unknown>[] = [];

/** Ways a blob store can be wrong, to prove that the suite notices. */
export const blobFaults = {
  'put resolves early': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async put(key, bytes, limits) {
      const all = await buffer(bytes);
      const write = () => blobs.put(key, Readable.from([all]), limits);
      lateWrites.push(
        sleep(5)
          .then(write)
          .catch(() => {}),
      );
      return { size: all.length };
    },
  }),
  'an unknown key is empty': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    get: async (key, range) => (await blobs.get(key, range)) ?? { size: 0, stream: Readable.from([]) },
  }),
  'a range is forgotten': (blobs: BlobStore): BlobStore => ({ ...blobs, get: (key) => blobs.get(key) }),
  'the limit cuts': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async put(key, bytes, limits) {
      const all = (await buffer(bytes)).subarray(0, limits.maxBytes);
      return blobs.put(key, Readable.from([all]), limits);
    },
  }),
  'half a stream is kept': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async put(key, bytes, limits) {
      const through = new PassThrough();
      let broken: Error | undefined;
      bytes.on('data', (chunk) => through.write(chunk));
      bytes.on('end', () => through.end());
      bytes.on('error', (thrown) => {
        broken = thrown;
        through.end();
      });
      const result = await blobs.put(key, through, limits);
      if (broken) throw broken;
      return result;
    },
  }),
  'a blob grows in sight': (blobs: BlobStore): BlobStore => {
    const growing = new Set<string>();
    return {
      ...blobs,
      async put(key, bytes, limits) {
        growing.add(key);
        return blobs.put(key, bytes, limits).finally(() => growing.delete(key));
      },
      get: async (key, range) => (growing.has(key) ? { size: 0, stream: Readable.from([]) } : blobs.get(key, range)),
    };
  },
  'a reader reads on in the new blob': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async get(key) {
      const found = await blobs.get(key);
      if (!found) return null;
      found.stream.destroy();
      return {
        size: found.size,
        stream: Readable.from(
          (async function* () {
            const late = await blobs.get(key);
            if (late) yield* late.stream;
          })(),
        ),
      };
    },
  }),
  'the old blob goes first': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async put(key, bytes, limits) {
      bytes.once('error', () => {}); // put tells it, if it comes before put listens
      await blobs.delete(key);
      return blobs.put(key, bytes, limits);
    },
  }),
  'delete does nothing': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    delete: async (key) => void (await blobs.get(key)),
  }),
  'empty ones are not listed': (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async *list() {
      for await (const entry of blobs.list()) if (entry.size > 0) yield entry;
    },
  }),
  'keys are cleaned instead of refused': (blobs: BlobStore): BlobStore => {
    const clean = (key: string) => key.replace(/[^a-z0-9-]/g, '').slice(0, 64) || 'x';
    return {
      list: () => blobs.list(),
      put: (key, bytes, limits) => blobs.put(clean(key), bytes, limits),
      get: (key) => blobs.get(clean(key)),
      delete: (key) => blobs.delete(clean(key)),
    };
  },
  'puts of one key are mixed': (blobs: BlobStore): BlobStore => {
    const parts = new Map<string, Buffer>();
    const last = new Map<string, Promise<unknown>>();
    return {
      ...blobs,
      async put(key, bytes, limits) {
        const all = await buffer(bytes);
        const other = parts.get(key);
        parts.set(key, all);
        const mixed = other ? Buffer.concat([other.subarray(0, 10), all.subarray(10)]) : all;
        // One after the other, so that the one that is left is a mixed one and not, by luck, the first.
        const put = (last.get(key) ?? Promise.resolve()).then(() => blobs.put(key, Readable.from([mixed]), limits));
        last.set(key, put);
        return put;
      },
    };
  },
} as const;

export type BlobFault = keyof typeof blobFaults;

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<BlobFault, readonly string[]>> = {
  'put resolves early': [
    'gives a range',
    'keeps one whole',
    'keeps the old',
    'lists every blob',
    'refuses what is',
    'replaces a blob',
    'shows no half',
    'takes exactly maxBytes',
  ],
  'an unknown key is empty': ['has forgotten a', 'leaves nothing of a', 'shows no half', 'takes exactly maxBytes'],
  'the limit cuts': ['keeps the old'],
  'a reader reads on in the new blob': ['gives a range'],
  'puts of one key are mixed': ['replaces a blob'],
  'delete does nothing': ['lists every blob'],
  'keys are cleaned instead of refused': ['gives a range'],
};
