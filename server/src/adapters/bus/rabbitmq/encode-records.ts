import type { BusRecord } from '../../../ports/bus.ts';

/** Not `application/json`: the driver would parse such a body by itself. */
export const contentType = 'application/vnd.parley.changes+json';

export const encodeRecord = ({ key, value }: BusRecord): string => JSON.stringify({ key, value });

/** The body of one message: a JSON array of `{key, value}` in order. The topic is the exchange it was sent to. */
export const joinRecords = (encoded: readonly string[]): Buffer => Buffer.from(`[${encoded.join(',')}]`);

/** Null when the body is not ours. A change's columns are the consumers' to judge; here only the envelope is. */
export function decodeRecords(topic: string, body: unknown): BusRecord[] | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : String(body));
    if (!Array.isArray(parsed) || parsed.length === 0) return null;
    return parsed.every(isRecord) ? parsed.map(({ key, value }) => ({ topic, key, value })) : null;
  } catch {
    return null;
  }
}

function isRecord(entry: unknown): entry is Pick<BusRecord, 'key' | 'value'> {
  const { key, value } = (entry ?? {}) as Partial<BusRecord>;
  if (typeof key !== 'string' || typeof value !== 'object' || value === null) return false;
  const { source, before, after } = value;
  return typeof source === 'object' && source !== null && isRow(before) && isRow(after);
}

const isRow = (row: unknown) => typeof row === 'object' && !Array.isArray(row);
