import { expect, test } from 'vitest';
import * as ws from 'ws';
import { createTextFrame } from './text-frame.ts';

// The library's own framing; its types leave it out.
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('%i bytes are framed as RFC 6455 says', (length) => {
  const text = 'é'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
  const expected = Sender.frame(Buffer.from(text), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true });
  expect(createTextFrame(text).equals(Buffer.concat(expected))).toBe(true);
});
