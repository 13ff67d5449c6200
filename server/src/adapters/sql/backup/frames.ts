import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';

/**
 * A backup is gzip over frames: length (4 bytes, big endian), kind (1 byte: J record as JSON, D bytes), then that many bytes.
 *
 *   header, then per table or blob: item, D…, end; at last: manifest
 */
const sum = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(63);
const record = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('header'),
    format: z.literal(1),
    /** The program that wrote it. */
    parley: z.string(),
    at: z.string(),
    migrations: z.array(z.object({ service: name, name: z.string(), hash: sum })),
  }),
  z.object({ is: z.literal('table'), schema: name, table: name, columns: z.array(name).min(1) }),
  z.object({ is: z.literal('blob'), key: z.string().regex(/^[a-z0-9-]{1,64}$/) }),
  z.object({ is: z.literal('end'), rows: z.number(), bytes: z.number(), sha256: sum }),
  z.object({
    is: z.literal('manifest'),
    items: z.number(),
    /** Over the sums of all items, in order. */
    sha256: sum,
    sequences: z.array(
      z.object({ schema: name, sequence: name, value: z.string().regex(/^-?\d+$/), called: z.boolean() }),
    ),
  }),
]);

export type BackupRecord = z.output<typeof record>;
export type RecordOf<K extends BackupRecord['is']> = Extract<BackupRecord, { is: K }>;
export type Frame = BackupRecord | { readonly is: 'data'; readonly bytes: Buffer };

const kindOfRecord = 0x4a;
const kindOfData = 0x44;
const maxFrame = 64 << 20;

export function encodeRecord(value: BackupRecord): Buffer {
  return encodeFrame(kindOfRecord, Buffer.from(JSON.stringify(value)));
}

export function encodeData(bytes: Buffer): Buffer {
  return encodeFrame(kindOfData, bytes);
}

function encodeFrame(kind: number, bytes: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(bytes.length);
  head[4] = kind;
  return Buffer.concat([head, bytes]);
}

/** `request.invalid` for anything that is not a whole sequence of frames. */
export async function* parseFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  let wanted = 5;
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const length = rest.readUInt32BE();
      if (length > maxFrame) throw damaged('a frame is too long');
      wanted = 5 + length;
      if (rest.length < wanted) break;
      yield parseFrame(rest[4] ?? 0, rest.subarray(5, wanted));
      rest = rest.subarray(wanted);
    }
  }
  if (rest.length > 0) throw damaged('it ends in the middle');
}

function parseFrame(kind: number, bytes: Buffer): Frame {
  if (kind === kindOfData) return { is: 'data', bytes };
  if (kind !== kindOfRecord) throw damaged('a frame of an unknown kind');
  try {
    return record.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw damaged('a record that this version does not know', cause);
  }
}

export function damaged(why: string, cause?: unknown) {
  return fail('request.invalid', {
    detail: `The file is not a whole backup of Parley (${why}). Nothing was changed. Use another copy.`,
    cause,
  });
}
