import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Failure } from '../../../kernel/errors.ts';
import { type BackupRecord, encodeData, encodeRecord, type Frame, parseFrames } from './frames.ts';

async function parse(chunks: Iterable<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of parseFrames(source(chunks))) frames.push(frame);
  return frames;
}
async function* source(chunks: Iterable<Uint8Array>) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

const header: BackupRecord = { is: 'header', format: 1, parley: '1', at: '2026-01-01', migrations: [] };

it('gives back what was encoded, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 200 })),
      fc.integer({ min: 1, max: 50 }),
      async (datas, size) => {
        const bytes = Buffer.concat([encodeRecord(header), ...datas.map((data) => encodeData(Buffer.from(data)))]);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(await parse(chunks)).toEqual([
          header,
          ...datas.map((data) => ({ is: 'data', bytes: Buffer.from(data) })),
        ]);
      },
    ),
  );
});

it('refuses anything else with a Failure, never otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 })), async (chunks) => {
      const error = await parse(chunks).catch((thrown: unknown) => thrown);
      expect(Array.isArray(error) || error instanceof Failure).toBe(true);
    }),
  );
});

it.each<[string, Buffer]>([
  ['a frame cut short', encodeRecord(header).subarray(0, -1)],
  ['a length without end', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x44])],
  ['an unknown kind', Buffer.from([0, 0, 0, 0, 0x00])],
  ['a record that is no JSON', Buffer.from([0, 0, 0, 1, 0x4a, 0x7b])],
  ['a key that leaves its folder', encodeRecord({ is: 'blob', key: '../../etc/passwd' })],
  ['another format', encodeRecord({ ...header, format: 2 as 1 })],
])('refuses %s', async (_, bytes) => {
  await expect(parse([bytes])).rejects.toMatchObject({ code: 'request.invalid' });
});
