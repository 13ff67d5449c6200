import { z } from 'zod';
import { errorCodes } from './error-codes.ts';

/** A schema cannot say this: half a surrogate pair is no text, and JSON can write it. */
const isWhole = (value: string) => !/\p{Cs}/u.test(value);

/** Lower-case UUID; our own ids are version 7, a direct conversation's is derived from its members. */
export const id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID in lower case')
  .meta({ format: 'uuid' });

/** Chosen by the sender, unique per conversation and sender: the idempotency key. UUIDv7 recommended. */
export const messageId = z
  .string()
  .min(1)
  .max(128)
  // Said without classes of Unicode, which many readers of JSON Schema do not know.
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, 'must be 1–128 printable characters')
  .refine(isWhole, 'must be 1–128 printable characters');

/** ISO 8601, UTC, milliseconds. */
export const time = z.string().meta({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

/** A seq or rev that exists: 1, 2, 3 … */
export const ordinal = z.int().min(1);

/** A seq or rev used as a watermark; 0 means "before the first". */
export const watermark = z.int().min(0);

const queryNumber = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A seq or rev in a query or path. */
export const ordinalParam = queryNumber.min(1);
export const watermarkParam = queryNumber;

export const pageSize = z.coerce.number().int().min(1).max(200).default(50);

/** Hits of a search take longer to show. */
export const hitPageSize = z.coerce.number().int().min(1).max(100).default(50);

/** Opaque: the `next` of the page before. */
export const pageMark = z.string().min(1).max(512);

export const pageQuery = z.strictObject({ limit: pageSize, after: pageMark.optional() });

export const idPath = z.strictObject({ id });

const notText = 'must not hold NUL or half a surrogate pair';

/** Text that people read: trimmed of nothing, free of NUL and half surrogate pairs. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\u0000]*$/, notText)
    .refine(isWhole, notText);

/** RFC 9457, `application/problem+json`. A path that does not exist has no `code`. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(errorCodes).optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.output<typeof problem>;

/** The picture of somebody or something: what a browser may fetch. */
export const avatar = text(1_000).regex(
  /^(https?:\/\/\S+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
  'must be the id of an attachment or an http(s) URL',
);
