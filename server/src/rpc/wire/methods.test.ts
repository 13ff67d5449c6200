import * as wire from '@parley/contracts/rpc/chat.v1';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../kernel/errors.ts';
import type { ConversationId } from '../../kernel/ids.ts';
import { chatRpc } from '../../services/chat/rpc.ts';
import { createCodec, createRequest } from './methods.ts';
import { clearable, message, role } from './model.ts';
import { args, field, record, required, same, text, whole } from './shapes.ts';

const putMember = createRequest(wire.PutMemberRequest, args(['id', text], ['user', text], ['role', role]));
const changes = createRequest(
  wire.ChangesRequest,
  args(
    ['id', text],
    [
      'position',
      required(record<{ epoch: string; seq: number }, { epoch: string; seq: number }>({ epoch: text, seq: whole })),
    ],
    ['limit', whole],
  ),
);

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown instanceof Failure ? thrown.code : thrown;
  }
}

describe('a request', () => {
  const refused = { name: 'WireError' };

  test.each([0, 5, -1, 2 ** 31 - 1])('with a word nobody knows, number %i, is refused', (number) => {
    const bytes = wire.PutMemberRequest.encode({ id: 'c', user: 'u', role: number as wire.PutMemberRequest['role'] });
    expect(codeOf(() => putMember.decode(bytes.finish()))).toMatchObject(refused);
  });

  test('without a message that must be there is refused', () => {
    const bytes = wire.ChangesRequest.encode({ id: 'c', position: null, limit: 1 }).finish();
    expect(codeOf(() => changes.decode(bytes))).toMatchObject(refused);
  });

  test('with a number beyond those that are exact is refused', () => {
    // limit (field 3, varint): 2^60
    const bytes = Uint8Array.from([0x12, 0, 0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
    expect(codeOf(() => changes.decode(bytes))).toBeInstanceOf(Error);
  });

  test.each([
    ['a fraction', ['c', { epoch: 'e', seq: 1.5 }, 1]],
    ['no number', ['c', { epoch: 'e', seq: Number.NaN }, 1]],
    ['half of a surrogate pair', ['c\ud800', { epoch: 'e', seq: 1 }, 1]],
  ] as const)('with %s is invalid before it is sent', (_, request) => {
    expect(codeOf(() => changes.encode([...request]))).toBe('request.invalid');
  });

  test('with a word that is none, an own property of every object, is invalid before it is sent', () => {
    expect(codeOf(() => putMember.encode(['c', 'u', 'toString' as never]))).toBe('request.invalid');
  });

  test('that a mistake of ours made impossible is no fault of the caller', () => {
    expect(codeOf(() => changes.encode(['c', null as never, 1]))).toBeInstanceOf(TypeError);
  });
});

describe('a message', () => {
  const content = createCodec(wire.GetMessageResponse, field('message', required(message)));
  const sent = {
    conversation: 'c' as ConversationId,
    seq: 1,
    rev: 2,
    id: 'm' as never,
    sender: 'a' as never,
    replyTo: null,
    thread: null,
    mentions: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    reactions: '{ "👍" : [ "a" ] }',
    pinned: false,
  };

  test.each(['{ "type":"text",\t"text":"\\u0041 1e2" }', '', null])('keeps its content to the letter: %j', (raw) => {
    expect(content.decode(content.encode({ ...sent, content: raw }))).toStrictEqual({ ...sent, content: raw });
  });
});

describe('a text that may be taken away', () => {
  const change = createCodec(wire.ConversationChange, {
    to: (topic: string | null | undefined) => ({ topic: clearable.to(topic) }),
    from: ({ topic }) => clearable.from(topic),
  });

  test.each([undefined, null, '', 'x'])('%j is none of the others', (topic) => {
    expect(change.decode(change.encode(topic))).toBe(topic);
  });
});

describe('an answer', () => {
  const { response } = chatRpc.methods.append;
  const encode = (result: wire.AppendResult['result']) =>
    wire.AppendResponse.encode({ step: { $case: 'answer', value: { results: [{ result }] } } }).finish();

  test('with a code that a later release has added says internal', () => {
    const bytes = encode({ $case: 'refused', value: { code: 'coffee.empty' } });
    expect(response.decode(bytes)).toEqual({ response: [{ code: 'internal' }] });
  });

  test('that says nothing is an error, and not the fault of who asked', () => {
    expect(codeOf(() => response.decode(encode(null)))).toMatchObject({ name: 'WireError' });
  });
});

test('a type of which the generated message differs needs a table: this file would not compile', () => {
  interface Wire {
    readonly id: string;
    readonly seq?: number | null | undefined;
    readonly names: readonly string[];
    readonly place: { readonly at: number } | null;
  }
  type Place = { readonly at: number } | null;
  same<{ id: ConversationId; seq: number | null; names: readonly ConversationId[]; place: Place }, Wire>();
  // @ts-expect-error one of them lacks a field
  same<{ id: ConversationId; seq: number | null; names: readonly string[] }, Wire>();
  // @ts-expect-error absent is not null
  same<{ id: ConversationId; seq?: number; names: readonly string[]; place: Place }, Wire>();
  // @ts-expect-error a message that must be there
  same<{ id: ConversationId; seq: number | null; names: readonly string[]; place: { at: number } }, Wire>();
  // @ts-expect-error a word is a number on the wire
  same<{ role: 'owner' | 'member' }, Pick<wire.PutMemberRequest, 'role'>>();
  expect(same<{ id: string }, { id: string }>().from({ id: 'c' })).toEqual({ id: 'c' });
});
