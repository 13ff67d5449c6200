import type { BusRecord } from '../../../ports/bus.ts';

/** A record as it travels; plain JSON, as a Debezium without schemas writes it. */
export interface WireRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

export function encodeRecord({ key, value }: BusRecord): WireRecord {
  return { key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)) };
}

/**
 * What stands in a topic may come from anybody who can write there.
 *
 * @param topic as the program knows it
 * @returns the record, or what is wrong with it, for people
 */
export function parseRecord(topic: string, key: Buffer | null, value: Buffer): BusRecord | string {
  if (key === null) return 'The record has no key.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch {
    return 'The value is not JSON.';
  }
  if (!isChange(parsed)) return 'The value is not a change: it needs op, before, after and source.';
  return { topic, key: key.toString(), value: parsed };
}

function isChange(value: unknown): value is BusRecord['value'] {
  if (!isObject(value) || !isObject(value.source)) return false;
  const { op, before, after, source } = value;
  return (
    (op === 'c' || op === 'u' || op === 'd' || op === 'r') &&
    isRow(before) &&
    isRow(after) &&
    typeof source.schema === 'string' &&
    typeof source.table === 'string' &&
    typeof source.lsn === 'string' &&
    /^\d{1,20}$/.test(source.lsn) &&
    typeof source.ordinal === 'number' &&
    typeof source.incarnation === 'string'
  );
}

const isRow = (value: unknown) => value === null || isObject(value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
