import { expect, test } from 'vitest';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Connection } from '../../../services/realtime/api.ts';
import { createCallLimits } from '../../shared/limits/call-limits.ts';
import { limitServices, limitSockets } from '../../shared/limits/limit-services.ts';
import type { Rates } from '../../shared/limits/rates.ts';
import { createFrameHandler, isFull, type VeigoClient, type VeigoOutlet } from './handle-frame.ts';

const room = (n: number) => `0190cccc-0000-7000-8000-${String(n).padStart(12, '0')}` as ConversationId;
const few = { perSecond: 0.001, burst: 1 };

/** One socket of somebody who is in `rooms` rooms. */
function createSocket({ rooms = 1, rates = {} }: { readonly rooms?: number; readonly rates?: Partial<Rates> } = {}) {
  const said: string[] = [];
  const client: VeigoClient = {
    address: '127.0.0.1',
    connection: {
      id: 'c',
      principal: { account: room(0) as unknown as AccountId },
      send: (frame: Buffer) => said.push(frame.subarray(frame.indexOf('{')).toString()),
    } as unknown as Connection,
    joined: new Set(),
    waiting: 0,
    waitingLength: 0,
    last: Promise.resolve(),
  };
  const chat = {
    append: async () => [{ seq: 1, rev: 1, createdAt: '2026-01-31T12:00:00.000Z', repeated: false }],
  };
  const sockets = {
    ownMemberships: async () => Array.from({ length: rooms }, (_, n) => ({ conversation: room(n) })),
  };
  const limits = createCallLimits(rates);
  const handle = createFrameHandler({
    ...limitServices({ chat } as never, limits),
    ...limitSockets(sockets as never, limits),
    beginFrame: limits.beginFrame,
  } as never);
  const say = (type: string, payload: readonly object[]) =>
    handle({ state: client, open: true } as unknown as VeigoOutlet, JSON.stringify({ type, payload }));
  return { client, said, say };
}

const error = (reason: unknown) => ({ type: 'ERROR', payload: [{ reason }] });

test('one socket listens to ten thousand rooms at the most, and to another once it has left one', async () => {
  const { client, said, say } = createSocket({ rooms: 10_100, rates: { frames: { perSecond: 1, burst: 1_000 } } });
  for (let at = 0; at < 10_000; at += 100)
    say(
      'JOIN_ROOM',
      Array.from({ length: 100 }, (_, i) => ({ name: room(at + i) })),
    );
  const late = { name: room(10_050) };
  say('JOIN_ROOM', [late]);
  say('LEAVE_ROOM', [{ name: room(1) }]);
  say('JOIN_ROOM', [late]);
  await client.last;
  expect(said.map((frame) => JSON.parse(frame))).toEqual([error(`Too many rooms joined to join ${late.name}`)]);
  expect(client.joined.size).toBe(10_000);
  expect(client.joined.has(late.name)).toBe(true);
});

test('messages and other frames have their allowances; what is over is refused and not carried out', async () => {
  const { client, said, say } = createSocket({ rooms: 2, rates: { sends: few, frames: few } });
  for (const n of [0, 1]) say('SEND_MESSAGE', [{ roomId: room(n), content: 'hello' }]);
  for (const n of [0, 1]) say('JOIN_ROOM', [{ name: room(n) }]);
  // Although it asks nothing of any service.
  say('LEAVE_ROOM', [{ name: room(0) }]);
  await client.last;
  const [ack, ...refused] = said.map((frame) => JSON.parse(frame));
  expect(ack).toMatchObject({ type: 'SENT_ACK', payload: [{ roomId: room(0) }] });
  expect(refused).toEqual(Array.from({ length: 3 }, () => error(expect.stringContaining('Too many'))));
  expect([...client.joined]).toEqual([room(0)]);
  expect(client.waiting).toBe(0);
});

test('few frames wait when they are large', async () => {
  const { client, say } = createSocket({ rooms: 1, rates: { frames: few } });
  const large = [{ name: 'x'.repeat(250_000) }];
  for (let frames = 0; frames < 8; frames++) say('LEAVE_ROOM', large);
  expect(isFull(client)).toBe(false);
  say('LEAVE_ROOM', large);
  expect(isFull(client)).toBe(true);
  await client.last;
  expect([isFull(client), client.waitingLength]).toEqual([false, 0]);
});
