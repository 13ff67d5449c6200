import type { Readable } from 'node:stream';

/**
 * Bytes by key.
 *
 * Guarantees: `put` is all or nothing: a reader never sees half a blob, and a crash or a full disk leaves none behind
 * (`storage.full`); when it resolves the bytes are on disk. Keys are `[a-z0-9-]{1,64}`.
 */
export interface BlobStore {
  put(key: string, bytes: Readable, limits: { readonly maxBytes: number }): Promise<{ readonly size: number }>;
  /** null: no such blob. */
  get(key: string): Promise<{ readonly size: number; readonly stream: Readable } | null>;
  delete(key: string): Promise<void>;
}
