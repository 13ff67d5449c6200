import type { BusRecord } from '../../../ports/bus.ts';

/** What an object and its short fields take in memory, roughly. */
const perRecord = 1_000;

/** Estimated bytes of the records: only the length of texts varies enough to matter. */
export function weighRecords(records: readonly BusRecord[]): number {
  let bytes = records.length * perRecord;
  for (const { value } of records) bytes += weighRow(value.after) + weighRow(value.before);
  return bytes;
}

function weighRow(row: object | null): number {
  let bytes = 0;
  for (const column in row) {
    const value = (row as Record<string, unknown>)[column];
    if (typeof value === 'string') bytes += value.length;
    else if (Array.isArray(value)) bytes += value.length * 40;
  }
  return bytes;
}
