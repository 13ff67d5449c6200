import { LRUCache } from 'lru-cache';

/** What an entry takes beside the text of its key and its value: the cache's own lists and a small object. Generous, as measured on Node 20. */
const entryBytes = 250;

/**
 * A cache bounded by the bytes it takes (MESSAGE-PATH rule 34), the least recently used going first: a bound of entries says nothing where
 * others choose how large keys and values are. Estimated: a character counts as two bytes. It takes memory as it fills.
 */
export function createByteCache<V extends object>(o: {
  readonly maxBytes: number;
  /** Bytes of a value beyond those of a small object; 0 unless told. */
  readonly sizeOf?: (value: V) => number;
  /** How long an entry is kept; for ever unless told. */
  readonly ttlMs?: number;
}): LRUCache<string, V> {
  const { maxBytes, sizeOf, ttlMs } = o;
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: (value, key) => entryBytes + 2 * key.length + (sizeOf?.(value) ?? 0),
    ...(ttlMs !== undefined && { ttl: ttlMs }),
  });
}
