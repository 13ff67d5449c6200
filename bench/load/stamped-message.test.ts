import { expect, test } from 'vitest';
import { createStampedSend, readStamp } from './stamped-message.ts';

const read = (text: string, from = 0): number | null => {
  const frame = Buffer.from(text);
  return readStamp(frame, from, frame.length);
};

test('what a send is stamped with is read from the message it becomes', () => {
  const before = performance.now();
  const { content } = JSON.parse(createStampedSend('c', '1'));
  const stamp = read(`{"op":"message","content":${JSON.stringify(content)}}`);
  expect(stamp).toBe(Number(content.text));
  expect(stamp).toBeGreaterThanOrEqual(before);
});

test('a message is read where it begins in the bytes', () => {
  expect(read('xxxx{"op":"message","content":{"type":"text","text":"12.5"}}', 4)).toBe(12.5);
});

test('other frames and other texts are no stamps', () => {
  expect(read('{"op":"sent","content":{"type":"text","text":"1"}}')).toBeNull();
  expect(read('{"op":"message","content":{"type":"text","text":"hello"}}')).toBeNull();
  expect(read('{"op":"message"}')).toBeNull();
});
