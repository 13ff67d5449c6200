import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../kernel/errors.ts';
import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import { createDraft } from '../create-draft.ts';
import { checkSize, findRef, parseFrame, readFrame, refOf } from './parse-frame.ts';

const id = '0190cccc-0000-7000-8000-000000000003';
const principal = { account: id as AccountId, session: id as SessionId, username: 'ann', admin: false };
const content = { type: 'text', text: 'hi' };

const good = [
  { op: 'auth', token: 't', device: 'd' },
  { op: 'send', ref: 1, conversation: id, id: 'm', content },
  {
    op: 'send',
    ref: 'x',
    conversation: id,
    id: 'm',
    content,
    replyTo: 1,
    thread: null,
    mentions: [id],
    ephemeral: true,
  },
  { op: 'resume', ref: 2 },
  { op: 'resume', ref: 2, positions: { [id]: { epoch: 'e', seq: 0, rev: 3 } }, more: true },
  { op: 'receipt', conversation: id, read: 12 },
  { op: 'typing', conversation: id, on: true },
  { op: 'presence', ref: 3, watch: [id] },
  { op: 'ping' },
];

/** Any field of a good frame replaced or added by anything. */
const mutants = fc
  .tuple(
    fc.constantFrom(...good),
    fc.oneof(fc.constantFrom('op', 'ref', 'conversation', 'id', 'positions', 'watch', 'on', '__proto__'), fc.string()),
    fc.jsonValue(),
  )
  .map(([frame, key, value]) => JSON.stringify(Object.fromEntries([...Object.entries(frame), [key, value]])));

function handle(text: string): unknown {
  const value = readFrame(text);
  if (!value) return null;
  refOf(value);
  const frame = parseFrame(value);
  return frame.op === 'send' ? createDraft(principal, frame.conversation, frame, text) : frame;
}

describe('parse-frame', () => {
  test.each(good)('accepts %j', (frame) => {
    expect(parseFrame(frame)).toEqual(frame);
  });

  test.each([
    [{ op: 'shout' }, /op must be one of auth, send/],
    [{ op: 'toString' }, /op must be one of/],
    [{}, /op must be one of/],
    [{ op: 'typing', conversation: id }, /typing: on/],
    [{ op: 'typing', conversation: id, on: true, loud: true }, /loud/],
    [{ op: 'send', conversation: 'ABC', id: 'm', content }, /conversation: must be a UUID/],
    [{ op: 'send', conversation: id, id: 'a\nb', content }, /printable/],
    [{ op: 'receipt', conversation: id }, /give delivered, read or both/],
    [{ op: 'receipt', conversation: id, read: -1 }, /read/],
    [{ op: 'presence', watch: Array.from({ length: 501 }, () => id) }, /watch/],
    [{ op: 'resume', positions: { x: { epoch: 'e', seq: 0 } } }, /positions/],
    [{ op: 'resume', positions: { [id]: { epoch: 'e', seq: 0.5 } } }, /seq/],
  ])('refuses %j', (frame, problem) => {
    expect(() => parseFrame(frame)).toThrow(problem);
    expect(() => parseFrame(frame)).toThrow(Failure);
  });

  test('what is no object is unreadable', () => {
    for (const text of ['', 'null', '[]', '1', '"x"', '{', '{"op":"ping"} x', '['.repeat(100)])
      expect(readFrame(text)).toBeNull();
  });

  test('a frame is no larger than its op needs, and has no more fields than any op', () => {
    const padded = (op: string, bytes: number) => Buffer.from(`{"op":"${op}","x":"${'x'.repeat(bytes)}"}`);
    expect(() => checkSize(padded('ping', 2_000))).toThrow('A frame "ping" may hold 1024 bytes.');
    expect(() => checkSize(padded('send', 100_000))).toThrow(/98304/);
    expect(() => checkSize(padded('send', 70_000))).not.toThrow();
    expect(() => checkSize(padded('resume', 250_000))).not.toThrow();
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, 1]));
    expect(() => parseFrame({ op: 'ping', ...many })).toThrow('A frame has 32 fields at the most.');
  });

  test('what is more than a frame may be is refused, and its ref is known', () => {
    const deep = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
    for (const text of ['{"op":"ping","op":"auth"}', deep]) expect(() => readFrame(text), text).toThrow(/twice|deep/);
    expect(findRef('{"op":"send","ref":7,"content":{"ref":8}}')).toBe(7);
    expect(findRef('{"op":"send","content":{"ref":8},"ref":"x" }')).toBe('x');
    expect(findRef('{"op":"send","content":{"a":1,"ref":8}}')).toBeUndefined();
  });

  test('a wrong frame still has its ref', () => {
    expect(refOf({ ref: 7 })).toBe(7);
    expect(refOf({ ref: 'x' })).toBe('x');
    expect(refOf({ ref: {} })).toBeUndefined();
    expect(refOf({ ref: 'x'.repeat(65) })).toBeUndefined();
  });

  test('nothing but failures of the table comes out, whatever comes in', () => {
    const anything = fc.oneof(mutants, fc.json(), fc.string(), fc.stringMatching(/^\{"op":"send",.*\}$/));
    fc.assert(
      fc.property(anything, (text) => {
        try {
          handle(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure);
          expect((thrown as Failure).code).toMatch(/^request\./);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('a draft carries the very characters of its content', () => {
    const raw = '{ "text" : "\\u0068i","type":"text" }';
    const text = `{"op":"send","conversation":"${id}","id":"m", "content" : ${raw} }`;
    expect(handle(text)).toMatchObject({ id: 'm', conversation: id, content: raw, replyTo: null, mentions: [] });
  });
});
