import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Failure } from '../../../kernel/errors.ts';
import { damaged, type Frame, parseFrames, type RecordOf } from './frames.ts';

export interface BackupHandlers {
  onHeader?(header: RecordOf<'header'>): Promise<void> | void;
  /** Must read all of `bytes`; returns how many rows it stored, undefined when it does not count. */
  onTable?(table: RecordOf<'table'>, bytes: AsyncIterable<Buffer>): Promise<number | undefined>;
  onBlob?(blob: RecordOf<'blob'>, bytes: AsyncIterable<Buffer>): Promise<void>;
}

export interface BackupContent {
  readonly header: RecordOf<'header'>;
  readonly manifest: RecordOf<'manifest'>;
}

/**
 * Walks a backup and checks every sum and count on the way. Throws `request.invalid` as soon as something does not fit; handlers may
 * have been called by then, so whoever changes anything walks once without handlers first.
 */
export async function readBackup(file: string, handlers: BackupHandlers = {}): Promise<BackupContent> {
  const frames = openFrames(file);
  try {
    return await walk(frames, handlers);
  } finally {
    await frames.return(undefined);
  }
}

async function* openFrames(file: string): AsyncGenerator<Frame> {
  const source = createReadStream(file);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* parseFrames(source.pipe(gunzip));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Failure || !code?.startsWith('Z_')) throw error;
    throw damaged('its compression is broken', error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function walk(frames: AsyncGenerator<Frame>, handlers: BackupHandlers): Promise<BackupContent> {
  const header = await next(frames);
  if (header.is !== 'header') throw damaged('it does not begin with a header');
  await handlers.onHeader?.(header);
  const total = createHash('sha256');
  for (let items = 0; ; items += 1) {
    const frame = await next(frames);
    if (frame.is === 'manifest') {
      if (frame.items !== items || frame.sha256 !== total.digest('hex')) throw damaged('items are missing');
      if (!(await frames.next()).done) throw damaged('something follows its end');
      return { header, manifest: frame };
    }
    if (frame.is !== 'table' && frame.is !== 'blob') throw damaged('its parts are not in order');
    const content = checkedContent(frames);
    const rows =
      frame.is === 'table'
        ? await handlers.onTable?.(frame, content.bytes)
        : await handlers.onBlob?.(frame, content.bytes);
    const end = await content.finish();
    if (typeof rows === 'number' && rows !== end.rows) throw damaged('a table has another number of rows');
    total.update(end.sha256);
  }
}

/** The bytes of one item; `finish` skips what nobody read and checks the sum. */
function checkedContent(frames: AsyncGenerator<Frame>) {
  const hash = createHash('sha256');
  let size = 0;
  let end: RecordOf<'end'> | undefined;
  async function pull(): Promise<Buffer | undefined> {
    if (end) return undefined;
    const frame = await next(frames);
    if (frame.is === 'data') {
      hash.update(frame.bytes);
      size += frame.bytes.length;
      return frame.bytes;
    }
    if (frame.is !== 'end') throw damaged('its parts are not in order');
    if (frame.bytes !== size || frame.sha256 !== hash.digest('hex')) throw damaged('a checksum does not fit');
    end = frame;
    return undefined;
  }
  async function* bytes(): AsyncGenerator<Buffer> {
    for (let chunk = await pull(); chunk; chunk = await pull()) yield chunk;
  }
  return {
    bytes: bytes(),
    async finish(): Promise<RecordOf<'end'>> {
      while (await pull());
      if (!end) throw damaged('it ends in the middle');
      return end;
    },
  };
}

async function next(frames: AsyncGenerator<Frame>): Promise<Frame> {
  const { value, done } = await frames.next();
  if (done) throw damaged('it ends in the middle');
  return value;
}
