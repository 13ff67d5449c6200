import type { Readable } from 'node:stream';

/** Bytes from `first` to `last`, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface BlobEntry {
  readonly key: string;
  readonly size: number;
  /** Unix milliseconds, when it was put. */
  readonly putAt: number;
}

/**
 * Bytes by key.
 *
 * Guarantees: `put` is all or nothing: a reader never sees half a blob, and a crash or a full disk leaves none behind
 * (`storage.full`); when it resolves the bytes are on disk. Keys are `[a-z0-9-]{1,64}`.
 */
export interface BlobStore {
  put(key: string, bytes: Readable, limits: { readonly maxBytes: number }): Promise<{ readonly size: number }>;
  /** null: no such blob. `size` is the whole blob's, also where only a range is asked for; a range lies within it. */
  get(key: string, range?: ByteRange): Promise<{ readonly size: number; readonly stream: Readable } | null>;
  delete(key: string): Promise<void>;
  /** Every blob that is there from the beginning to the end of the listing, once, in no order; nothing that is half. */
  list(): AsyncIterable<BlobEntry>;
}
