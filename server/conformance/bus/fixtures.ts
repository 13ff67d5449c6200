import type { Change } from '../../src/model/change.ts';
import type { BusRecord } from '../../src/ports/bus.ts';

let counter = 0;
export const topic = 'parley.chat';

export function createRecord(key: string, n: number, lsn = n): BusRecord {
  const source = { db: 'main', schema: 'chat', table: 'messages', lsn: String(lsn), ordinal: 0 } as const;
  const value: Change<object> = {
    before: null,
    after: { n },
    source: { ...source, incarnation: '1.1.0', ts_ms: 0, snapshot: false },
    op: 'c',
    ts_ms: 0,
  };
  return { topic, key, value };
}

export const numberOf = (record: BusRecord) => (record.value.after as { n: number }).n;
export const group = () => `group-${++counter}`;
export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Collects what a group gets; `seen(n)` resolves with the n-th record. */
export function createCollector() {
  const got: BusRecord[] = [];
  let waiting: { readonly count: number; resolve(): void }[] = [];
  return {
    got,
    add(records: readonly BusRecord[]) {
      got.push(...records);
      for (const wait of waiting) if (got.length >= wait.count) wait.resolve();
      waiting = waiting.filter((wait) => got.length < wait.count);
    },
    seen: (count: number) =>
      new Promise<void>((resolve) => {
        if (got.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

export function createGate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isOpen = false;
  return {
    opened,
    isOpen: () => isOpen,
    open() {
      isOpen = true;
      open();
    },
  };
}
