import type { IncomingHttpHeaders } from 'node:http';
import parseRange from 'range-parser';

/** What of some bytes is asked for, by the conditions and the range of a request (RFC 9110, sections 13 and 14). */
export type Selection =
  | { readonly status: 200 }
  | { readonly status: 206; readonly range: { readonly first: number; readonly last: number } }
  /** The client has them. */
  | { readonly status: 304 }
  /** None of the ranges lies within the bytes. */
  | { readonly status: 416 };

/**
 * For bytes that never change under their `etag` (strong, with its quotation marks). Several ranges at once are answered with
 * all the bytes, as the standard allows: no player asks for that.
 */
export function selectBytes(headers: IncomingHttpHeaders, { etag, size }: { etag: string; size: number }): Selection {
  const known = headers['if-none-match'];
  if (known !== undefined && (known.trim() === '*' || listTags(known).includes(etag))) return { status: 304 };
  const { range } = headers;
  const ifRange = headers['if-range'];
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return { status: 200 };
  const ranges = parseRange(size, range, { combine: true });
  if (ranges === -1) return { status: 416 };
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return { status: 200 };
  const { start, end } = ranges[0]!;
  return { status: 206, range: { first: start, last: end } };
}

/** Weak tags compare as strong ones for If-None-Match. */
function listTags(text: string): readonly string[] {
  return text.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}
