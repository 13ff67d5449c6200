/** Where the session and unsent drafts outlive a reload. A browser's `localStorage` fits through `createWebStore`. */
export interface KeyValueStore {
  get(key: string): string | null;
  /** May throw when full: the client then goes on without keeping that value. */
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): readonly string[];
}

export function createMemoryStore(): KeyValueStore {
  const map = new Map<string, string>();
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => void map.set(key, value),
    remove: (key) => void map.delete(key),
    keys: () => [...map.keys()],
  };
}

export function createWebStore(storage: Storage): KeyValueStore {
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    remove: (key) => storage.removeItem(key),
    keys: () => Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key !== null),
  };
}
