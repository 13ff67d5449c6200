import { fail } from '../../../kernel/errors.ts';
import { isUuid } from '../../../kernel/ids.ts';
import { toStorableTime } from '../to-storable-time.ts';

type Part = 'id' | 'time' | 'number' | 'numbers';
type Parts<T extends readonly Part[]> = { -readonly [K in keyof T]: T[K] extends 'number' ? number : string };

/** An opaque place in a list, for `next`. What is in it is nobody's business but the list's own. */
export function createCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts a cursor was made of; `request.invalid` for anything that createCursor did not make for a list of one of these shapes. */
export function parseCursor<const T extends readonly (readonly Part[])[]>(
  cursor: string,
  ...shapes: T
): Parts<T[number]> {
  const parts = decode(cursor);
  const fits = (shape: readonly Part[]) =>
    Array.isArray(parts) && parts.length === shape.length && parts.every((part, i) => checks[shape[i] as Part](part));
  if (!shapes.some(fits)) throw fail('request.invalid', 'after must be the next of an earlier page, unchanged.');
  return parts as Parts<T[number]>;
}

/** What reaches PostgreSQL must be a value of the type it will be read as. */
const checks: Record<Part, (part: unknown) => boolean> = {
  id: isUuid,
  time: (part) => typeof part === 'string' && toStorableTime(part) === part,
  number: (part) => Number.isSafeInteger(part),
  // as many as a cursor may hold
  numbers: (part) => typeof part === 'string' && /^(\d{1,15}(,\d{1,15}){0,31})?$/.test(part),
};

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}
