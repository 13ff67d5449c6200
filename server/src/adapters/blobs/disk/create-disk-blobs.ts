import { randomBytes } from 'node:crypto';
import { mkdir, open, opendir, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail } from '../../../kernel/errors.ts';
import type { BlobEntry, BlobStore } from '../../../ports/blobs.ts';

/** How old a half-written file must be before it is taken for a crashed process's. */
const abandonedMs = 86_400_000;

/**
 * Every blob a file under `folder`, for its owner only. Bytes are written under another name in `folder/.incoming`, made durable
 * (fsync) and then renamed, which is what makes `put` all or nothing. `request.invalid`: not a key; `request.too_large`;
 * `storage.full`.
 */
export function createDiskBlobs(options: {
  readonly folder: string;
  /** True: nothing more is taken. What is left of the disk belongs to the database, whose log must not run out of it. */
  readonly full?: () => boolean;
}): BlobStore {
  const { folder, full = () => false } = options;
  const incoming = path.join(folder, '.incoming');
  let prepared: Promise<void> | undefined;

  /** Once, and again after it failed. */
  function prepare(): Promise<void> {
    prepared ??= prepareFolders(incoming).catch((thrown) => {
      prepared = undefined;
      throw thrown;
    });
    return prepared;
  }

  return {
    async put(key, bytes, { maxBytes }) {
      // Listened to at once: a sender that goes while the folders are made must not end the process.
      bytes.on('error', () => {});
      const temporary = path.join(incoming, randomBytes(16).toString('hex'));
      const counter = createCounter(maxBytes);
      try {
        if (full()) throw fail('storage.full');
        const file = path.join(folder, checkKey(key));
        await prepare();
        // Open before anything can fail: an opening under way would make the file after it was removed.
        const handle = await open(temporary, 'wx', 0o600);
        await pipeline(bytes, counter.stream, handle.createWriteStream({ flush: true }));
        await rename(temporary, file);
        await syncFolder(folder);
      } catch (thrown) {
        bytes.destroy();
        await unlink(temporary).catch(() => {});
        throw toStorageFailure(thrown);
      }
      return { size: counter.size() };
    },
    async get(key, range) {
      const handle = await orNull(open(path.join(folder, checkKey(key)), 'r'));
      if (!handle) return null;
      try {
        const { size } = await handle.stat();
        return { size, stream: handle.createReadStream(range && { start: range.first, end: range.last }) };
      } catch (thrown) {
        await handle.close();
        throw thrown;
      }
    },
    async delete(key) {
      await orNull(unlink(path.join(folder, checkKey(key))));
    },
    list: () => listFiles(folder),
  };
}

async function* listFiles(folder: string): AsyncGenerator<BlobEntry> {
  const entries = await orNull(opendir(folder));
  for await (const entry of entries ?? []) {
    if (!entry.isFile() || !key.test(entry.name)) continue;
    const found = await orNull(stat(path.join(folder, entry.name)));
    if (found) yield { key: entry.name, size: found.size, putAt: found.mtimeMs };
  }
}

const key = /^[a-z0-9-]{1,64}$/;

function checkKey(name: string): string {
  if (!key.test(name)) {
    throw fail('request.invalid', 'The key of a blob is 1 to 64 of a-z, 0-9 and hyphen.');
  }
  return name;
}

function createCounter(maxBytes: number): { readonly stream: Transform; size(): number } {
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(fail('request.too_large', `At most ${maxBytes} bytes are taken.`));
      else done(null, chunk);
    },
  });
  return { stream, size: () => size };
}

async function prepareFolders(incoming: string): Promise<void> {
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  for (const name of await readdir(incoming)) {
    const file = path.join(incoming, name);
    const found = await orNull(stat(file));
    // Another process may be writing here: only what has stood still for long is removed.
    if (found && Date.now() - found.mtimeMs > abandonedMs) await orNull(unlink(file));
  }
}

/** A renamed file survives a crash only when its folder is written too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  }
}

function toStorageFailure(thrown: unknown): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? fail('storage.full', { cause: thrown }) : thrown;
}
