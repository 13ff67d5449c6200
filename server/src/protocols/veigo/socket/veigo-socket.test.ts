import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  alice,
  aliceToken,
  conversation,
  foreign,
  type NativeServer,
  startNativeServer,
} from '../../../../test-support/native-server.ts';
import { Failure } from '../../../kernel/errors.ts';
import type { ConversationId, MessageId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import { createMessageId } from '../message-id.ts';
import { describeProfile } from '../objects.ts';
import { veigoEncoder } from './encoder.ts';
import { parseFrame } from './parse-frame.ts';

let server: NativeServer;
const open: WebSocket[] = [];
beforeAll(async () => {
  server = await startNativeServer();
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});
afterAll(() => server.close());

interface Frame {
  readonly type: string;
  readonly payload: readonly Record<string, unknown>[];
}

function dial(query: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/${query}`, { headers });
  open.push(socket);
  const frames: Frame[] = [];
  const waiting: ((frame: Frame) => void)[] = [];
  socket.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as Frame;
    const take = waiting.shift();
    if (take) take(frame);
    else frames.push(frame);
  });
  return {
    socket,
    opened: new Promise<string>((resolve) => {
      socket.on('open', () => resolve('open'));
      socket.on('error', ({ message }) => resolve(message));
    }),
    next: async () => frames.shift() ?? (await new Promise<Frame>((resolve) => waiting.push(resolve))),
    say: (frame: object | string | Buffer) =>
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
  };
}

const good = `?token=SuperDuperUser%20${aliceToken}`;

async function dialOpen() {
  const client = dial(good);
  expect(await client.opened).toBe('open');
  return client;
}

describe('the credential', () => {
  test.each([
    ['in the URL with its word', good, {}],
    ['in the URL alone', `?token=${aliceToken}`, {}],
    ['in the header', '', { authorization: `SuperDuperUser ${aliceToken}` }],
    ['in the header, as elsewhere', '', { authorization: `Bearer ${aliceToken}` }],
    [
      'in the cookie, from our own page',
      '',
      { cookie: 'parley_session=cookie-of-alice', 'sec-fetch-site': 'same-origin' },
    ],
    ['in the URL, from any page', good, { origin: 'https://elsewhere.example' }],
  ])('%s opens', async (_, query, headers) => {
    expect(await dial(query, headers as Record<string, string>).opened).toBe('open');
  });

  test.each([
    ['none', '', {}, 401],
    ['forged', '?token=SuperDuperUser%20forged', {}, 401],
    ['expired', '?token=SuperDuperUser%20expired', {}, 401],
    ['revoked', '?token=SuperDuperUser%20revoked', {}, 401],
    ['a cookie from elsewhere', '', { cookie: 'parley_session=cookie-of-alice', origin: 'https://evil.example' }, 403],
  ])('%s is refused before the upgrade', async (_, query, headers, status) => {
    expect(await dial(query, headers as Record<string, string>).opened).toBe(`Unexpected server response: ${status}`);
  });
});

describe('frames', () => {
  test('rooms are joined and left, by name or by id, in any case; others are refused by name', async () => {
    const client = await dialOpen();
    client.say({ type: 'JOIN_ROOM', payload: [{ name: foreign }, { id: conversation.toUpperCase() }, { name: 'x' }] });
    expect(await client.next()).toEqual({ type: 'ERROR', payload: [{ reason: `Unauthorized to join ${foreign}` }] });
    expect(await client.next()).toEqual({ type: 'ERROR', payload: [{ reason: 'Unauthorized to join x' }] });
    await expect.poll(() => server.hub.only()).toEqual([conversation]);
    client.say({ type: 'LEAVE_ROOM', payload: [{ name: conversation }] });
    await expect.poll(() => server.hub.only()).toEqual([]);
  });

  test('a message is acknowledged with where it is, or refused with why', async () => {
    const client = await dialOpen();
    client.say({ type: 'SEND_MESSAGE', payload: [{ roomId: conversation, content: 'hello' }] });
    const ack = await client.next();
    const seq = server.chat.stored.length;
    expect(ack).toEqual({
      type: 'SENT_ACK',
      payload: [{ messageId: createMessageId(conversation, seq), roomId: conversation, timestamp: expect.any(String) }],
    });
    expect(server.chat.stored.at(-1)).toMatchObject({
      sender: alice.account,
      content: '{"type":"text","text":"hello"}',
    });
    client.say({ type: 'SEND_MESSAGE', payload: [{ roomId: foreign, content: 'hello' }] });
    expect(await client.next()).toEqual({ type: 'ERROR', payload: [{ reason: 'Unauthorized action' }] });
  });

  test('what cannot be understood is answered, and the connection stays', async () => {
    const client = await dialOpen();
    for (const [frame, reason] of [
      [Buffer.from('binary'), 'Binary messages are not supported'],
      ['{', expect.stringContaining('not valid JSON')],
      [{ type: 'SING', payload: [] }, expect.stringContaining('type')],
      [{ type: 'JOIN_ROOM', payload: [{ room: 'x' }] }, expect.stringContaining('payload[0]')],
      [{ type: 'JOIN_ROOM', payload: [] }, expect.stringContaining('payload')],
      [{ type: 'SEND_MESSAGE', payload: [{ roomId: conversation, content: '' }] }, 'content is missing.'],
    ] as const) {
      client.say(frame);
      expect(await client.next()).toEqual({ type: 'ERROR', payload: [{ reason }] });
    }
  });

  test('more than 256 KiB: 4503', async () => {
    const client = await dialOpen();
    const closed = new Promise((resolve) => client.socket.on('close', resolve));
    client.say('x'.repeat(256 * 1024 + 1));
    expect(await closed).toBe(4503);
  });

  test('the parser throws nothing but what is answered', () => {
    const nearly = fc.record({
      type: fc.constantFrom('JOIN_ROOM', 'LEAVE_ROOM', 'SEND_MESSAGE', 'X'),
      payload: fc.oneof(
        fc.anything(),
        fc.array(fc.dictionary(fc.constantFrom('name', 'id', 'roomId', 'content'), fc.anything())),
      ),
    });
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      nearly.map(
        (frame) => JSON.stringify(frame, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '',
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const frame = parseFrame(text);
          expect('rooms' in frame ? frame.rooms.length : frame.messages.length).toBeGreaterThan(0);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure);
          expect((thrown as Failure).code).toBe('request.invalid');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what is pushed', () => {
  const message: Message = {
    conversation: conversation as ConversationId,
    seq: 7,
    rev: 9,
    id: 'm' as MessageId,
    sender: alice.account,
    content: '{"type":"image","attachment":"a","text":"a \\"cat\\""}',
    replyTo: null,
    thread: null,
    mentions: [],
    createdAt: '2026-01-31T12:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    reactions: '{}',
    pinned: false,
  };
  const sender = {
    id: alice.account,
    username: 'alice',
    name: 'Alice',
    about: null,
    avatar: null,
    version: 1,
    deleted: false,
  };
  const say = (event: Parameters<typeof veigoEncoder.encode>[0]) => {
    const frame = veigoEncoder.encode(event, { get: () => sender });
    return frame && (JSON.parse(frame.subarray(frame.indexOf('{')).toString()) as unknown);
  };
  const messageId = createMessageId(message.conversation, 7);
  const content = {
    senderId: alice.account,
    content: '[image] a "cat"',
    messageId,
    roomId: conversation,
    timestamp: message.createdAt,
  };

  test('messages, edits and deletions', () => {
    expect(say({ kind: 'message', conversation, rev: 9, message })).toEqual({
      type: 'MESSAGE',
      payload: [{ type: 'message', content }],
    });
    expect(say({ kind: 'edited', conversation, rev: 9, message })).toEqual({
      type: 'MESSAGE_UPDATED',
      payload: [{ type: 'message', content }],
    });
    expect(say({ kind: 'deleted', conversation, seq: 7, rev: 10 })).toEqual({
      type: 'MESSAGE_DELETED',
      payload: [{ type: 'message', content: { messageId, roomId: conversation } }],
    });
    expect(say({ kind: 'ephemeral', conversation, message: { ...message, seq: null, rev: null } })).toMatchObject({
      payload: [{ content: { messageId: null } }],
    });
  });

  test('changed profiles, that of a deleted account as well', () => {
    const profile = { ...sender, name: 'Deleted account', version: 2, deleted: true };
    expect(say({ kind: 'user', profile })).toEqual({
      type: 'PROFILE_UPDATED',
      payload: [{ type: 'profile', content: { ...describeProfile(profile), name: 'Deleted account' } }],
    });
  });

  test('nothing of what Veigo has no word for', () => {
    expect(say({ kind: 'typing', conversation, user: alice.account, on: true })).toBeNull();
    expect(say({ kind: 'drain', reconnectInMs: 1 })).toBeNull();
  });
});
