import { ReplicationError } from '../../../ports/replication.ts';

/** Turns a value's text form (UTF-8 bytes from `start` to `end`) into what ports/replication promises. */
export type DecodeValue = (bytes: Buffer, start: number, end: number) => unknown;

/** By type oid (pg_type); every other type comes as its text. */
const decoders = new Map<number, DecodeValue>([
  [16, decodeBoolean],
  [17, decodeBytea],
  [20, decodeInteger],
  [21, decodeInteger],
  [23, decodeInteger],
  [26, decodeInteger],
  [700, decodeFloat],
  [701, decodeFloat],
  [1114, decodeTimestamp],
  [1184, decodeTimestamp],
  [2950, decodeLatin1],
  [1005, decodeArray(Number)],
  [1007, decodeArray(Number)],
  [1016, decodeArray(Number)],
  [1009, decodeArray(String)],
  [1015, decodeArray(String)],
  [2951, decodeArray(String)],
]);

export function decoderOf(typeOid: number): DecodeValue {
  return decoders.get(typeOid) ?? decodeText;
}

function decodeText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** For types that are pure ASCII: cheaper than UTF-8. */
function decodeLatin1(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

function decodeBoolean(bytes: Buffer, start: number, end: number): boolean {
  const text = bytes.toString('latin1', start, end);
  if (text !== 't' && text !== 'f') throw new ReplicationError(`"${text.slice(0, 40)}" is not a boolean`);
  return text === 't';
}

function decodeInteger(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 0x2d;
  let value = 0;
  if (start === end) throw new ReplicationError('an empty text is not an integer');
  for (let at = negative ? start + 1 : start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9)
      throw new ReplicationError(`"${bytes.toString('latin1', start, end).slice(0, 40)}" is not an integer`);
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER)
    throw new ReplicationError(`${bytes.toString('latin1', start, end)} is beyond 2^53 and cannot be carried exactly`);
  return negative ? -value : value;
}

function decodeFloat(bytes: Buffer, start: number, end: number): number {
  return Number(bytes.toString('latin1', start, end));
}

/** `\xdeadbeef` → base64. */
function decodeBytea(bytes: Buffer, start: number, end: number): string {
  const hex = bytes.toString('latin1', start + 2, end);
  const value = Buffer.from(hex, 'hex');
  // Buffer stops at what is no hexadecimal digit
  if (value.length * 2 !== hex.length) throw new ReplicationError('a bytea is not in its hexadecimal form');
  return value.toString('base64');
}

const timestamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/;

/** `2026-11-20 19:27:27.12+00` → `2026-11-20T19:27:27.120Z`. The session's time zone is UTC (see connection.ts). */
function decodeTimestamp(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end);
  // the usual form, three digits of a second, without a regular expression
  if (text.length === 26 && text.charCodeAt(19) === 0x2e && text.charCodeAt(23) === 0x2b)
    return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
  const parts = timestamp.exec(text);
  if (!parts) return text; // infinity, BC, years beyond 9999
  return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(3, '0').slice(0, 3)}Z`;
}

/** One-dimensional arrays in their text form: `{a,"b,c",NULL}`. */
function decodeArray(convert: (text: string) => unknown): DecodeValue {
  return (bytes, start, end) =>
    parseArray(bytes.toString('utf8', start, end)).map((item) => (item === null ? null : convert(item)));
}

function parseArray(text: string): (string | null)[] {
  if (text === '{}') return [];
  if (text[0] !== '{' || text.at(-1) !== '}' || text[1] === '{')
    throw new ReplicationError('an array of more than one dimension, or with bounds, cannot be carried');
  const inner = text.slice(1, -1);
  if (!inner.includes('"')) return inner.split(',').map((item) => (item === 'NULL' ? null : item));
  const items: (string | null)[] = [];
  let at = 0;
  while (at <= inner.length) {
    if (inner[at] === '"') {
      let item = '';
      for (at++; inner[at] !== '"'; at++) {
        if (inner[at] === '\\') at++;
        if (at >= inner.length) throw new ReplicationError('an array ends within a quoted item');
        item += inner[at];
      }
      items.push(item);
      at += 2;
    } else {
      const comma = inner.indexOf(',', at);
      const item = inner.slice(at, comma < 0 ? inner.length : comma);
      items.push(item === 'NULL' ? null : item);
      at = comma < 0 ? inner.length + 1 : comma + 1;
    }
  }
  return items;
}
