import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, createConnection, type Refusal } from './connection.ts';
import type { ServerFrame } from './frames.ts';
import { createFakeSockets, type FakeSocket } from './testing/fake-socket.ts';
import { createTestClock, type TestClock } from './testing/test-clock.ts';

let clock: TestClock;
let sockets: ReturnType<typeof createFakeSockets>;
let log: string[];
let renewed: boolean | Error;
let access: () => Promise<string | null>;
let endsAt: number | null;
let connection: Connection;
let frames: ServerFrame[];
let refusal: Refusal | null;

/** Lets promises that are already settled run on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const last = (): FakeSocket => sockets.made.at(-1)!;

async function online(): Promise<FakeSocket> {
  connection.open();
  await settle();
  last().ready();
  return last();
}

beforeEach(() => {
  clock = createTestClock();
  sockets = createFakeSockets();
  log = [];
  frames = [];
  refusal = null;
  renewed = true;
  endsAt = null;
  access = async () => 'token';
  connection = createConnection({
    url: 'ws://host/realtime',
    WebSocket: sockets.WebSocket,
    clock,
    random: () => 1,
    access: () => access(),
    accessEndsAt: () => endsAt,
    renew: async () => {
      log.push('renew');
      if (renewed instanceof Error) throw renewed;
      return renewed;
    },
    onState: (state) => log.push(state),
    onReady: () => log.push('ready'),
    onFrame: (frame) => frames.push(frame),
    onLost: () => log.push('lost'),
    onRefused: (code, why) => {
      refusal = why;
      log.push(`refused ${code}`);
    },
  });
});

describe('connection', () => {
  it('sends the token first and is online at ready', async () => {
    const socket = await online();
    expect(socket.sent).toEqual([{ op: 'auth', token: 'token' }]);
    expect(log).toEqual(['connecting', 'online', 'ready']);
  });

  it('sends no auth when the cookie speaks', async () => {
    access = async () => null;
    expect((await online()).sent).toEqual([]);
  });

  it.each([1006, 1001, 4000, 4001, 4002, 4003, 4499])('comes back after close code %i', async (code) => {
    (await online()).end(code);
    expect(log.slice(3)).toEqual(['connecting', 'lost']);
    clock.advance(499);
    expect(sockets.made).toHaveLength(1);
    clock.advance(1);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it.each([4500, 4501, 4503, 4999])('stays away after close code %i', async (code) => {
    (await online()).end(code);
    clock.advance(3_600_000);
    await settle();
    expect(sockets.made).toHaveLength(1);
    expect(log.at(-1)).toBe(`refused ${code}`);
    expect(connection.state).toBe('offline');
  });

  it('hands on what the server said before it closed for good, and nothing said on an earlier connection', async () => {
    connection.open();
    await settle();
    last().open();
    last().receive({ op: 'error', code: 'service.overloaded', message: 'Later.', retryable: true });
    last().end(4003);
    clock.advance(60_000);
    await settle();
    last().open();
    last().end(4500);
    expect(refusal).toEqual({ code: null, message: '' });
    connection.open();
    await settle();
    last().open();
    last().receive({ op: 'error', code: 'action.forbidden', message: 'Not from here.', retryable: false });
    last().end(4504);
    expect(refusal).toEqual({ code: 'action.forbidden', message: 'Not from here.' });
    expect(connection.state).toBe('offline');
  });

  it('renews after every 4502 and comes back, more slowly each time: a busy machine is late with its auth frame again', async () => {
    (await online()).end(4502);
    for (const ms of [500, 1_000, 2_000]) {
      await settle();
      expect(log.pop()).toBe('renew');
      const count = sockets.made.length;
      clock.advance(ms);
      await settle();
      expect(sockets.made).toHaveLength(count + 1);
      last().open();
      last().end(4502);
    }
    await settle();
    clock.advance(4_000);
    await settle();
    last().ready();
    expect(connection.state).toBe('online');
  });

  it('does not come back when the session has ended', async () => {
    renewed = false;
    (await online()).end(4502);
    await settle();
    clock.advance(3_600_000);
    expect(sockets.made).toHaveLength(1);
  });

  it('waits twice as long each time, and begins anew after a connection that lasted', async () => {
    connection.open();
    await settle();
    for (const ms of [500, 1_000, 2_000, 4_000]) {
      const count = sockets.made.length;
      last().end(1006);
      clock.advance(ms - 1);
      await settle();
      expect(sockets.made).toHaveLength(count);
      clock.advance(1);
      await settle();
      expect(sockets.made).toHaveLength(count + 1);
    }
    last().ready();
    clock.advance(10_000);
    last().end(1006);
    clock.advance(500);
    await settle();
    expect(sockets.made).toHaveLength(6);
  });

  it('keeps backing off from a server that accepts and throws out', async () => {
    (await online()).end(4003);
    clock.advance(500);
    await settle();
    last().ready();
    last().end(4003);
    clock.advance(999);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('after drain comes back at the time the server gave', async () => {
    const socket = await online();
    socket.receive({ op: 'drain', reconnectInMs: 5_000 });
    clock.advance(1_000);
    socket.end(4000);
    clock.advance(3_999);
    await settle();
    expect(sockets.made).toHaveLength(1);
    clock.advance(1);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('pings each heartbeat and gives up a line that stays silent for two', async () => {
    const socket = await online();
    clock.advance(25_000);
    expect(socket.sent.at(-1)).toEqual({ op: 'ping' });
    socket.receive({ op: 'pong' });
    clock.advance(50_000);
    expect(log).not.toContain('lost');
    clock.advance(25_000);
    expect(log.at(-1)).toBe('lost');
    clock.advance(500);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('gives up a socket that never becomes ready', async () => {
    connection.open();
    await settle();
    clock.advance(15_000);
    clock.advance(500);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('is deaf to a socket it has left', async () => {
    const old = await online();
    connection.drop('test');
    clock.advance(500);
    await settle();
    last().ready();
    old.readyState = 1;
    old.receive({ op: 'pong' });
    old.end(4501);
    expect(frames).toEqual([]);
    expect(connection.state).toBe('online');
  });

  it('renews its token before it ends', async () => {
    endsAt = clock.now() + 60_000;
    const socket = await online();
    clock.advance(40_000);
    await settle();
    expect(socket.sent.filter((frame) => frame.op === 'auth')).toHaveLength(2);
  });

  it('tries again to renew when no token can be had, and when the server cannot take it now', async () => {
    endsAt = clock.now() + 60_000;
    const socket = await online();
    const auths = () => socket.sent.filter((frame) => frame.op === 'auth');
    access = () => Promise.reject(new Error('no network'));
    clock.advance(40_000);
    await settle();
    expect(auths()).toHaveLength(1);
    access = async () => 'next';
    endsAt = clock.now() + 600_000;
    clock.advance(1_000);
    await settle();
    expect(auths()).toHaveLength(2);
    const { ref } = auths()[1]!;
    socket.receive({
      op: 'error',
      ref,
      code: 'service.unavailable',
      message: '',
      retryable: true,
      retryAfterMs: 3_000,
    });
    clock.advance(2_999);
    await settle();
    expect(auths()).toHaveLength(2);
    clock.advance(1);
    await settle();
    expect(auths()).toHaveLength(3);
    expect(frames).toEqual([]);
    expect(connection.state).toBe('online');
  });

  it('retries when the token cannot be had for want of a network', async () => {
    access = () => Promise.reject(new Error('no network'));
    connection.open();
    await settle();
    access = async () => 'token';
    clock.advance(500);
    await settle();
    expect(sockets.made).toHaveLength(1);
  });

  it('does not wait when the network is back', async () => {
    (await online()).end(1006);
    connection.wake();
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('asks an old line at once when the page wakes, and gives it up when nobody answers', async () => {
    const dead = await online();
    connection.wake();
    expect(dead.sent.at(-1)).toEqual({ op: 'ping' });
    clock.advance(4_000);
    expect(connection.state).toBe('connecting');
    clock.advance(1_000);
    await settle();
    expect(sockets.made).toHaveLength(2);
  });

  it('keeps a line that answers when the page wakes', async () => {
    const socket = await online();
    connection.wake();
    socket.receive({ op: 'pong' });
    clock.advance(4_000);
    expect(connection.state).toBe('online');
    expect(sockets.made).toHaveLength(1);
  });

  it('ignores what is no frame', async () => {
    const socket = await online();
    for (const data of ['', 'x', '[]', '7', 'null', '{"op":7}', new ArrayBuffer(1)]) socket.receiveRaw(data);
    expect(frames).toEqual([]);
    expect(connection.state).toBe('online');
  });

  it('stays closed once closed', async () => {
    const socket = await online();
    connection.close();
    socket.end(1006);
    clock.advance(3_600_000);
    await settle();
    expect(sockets.made).toHaveLength(1);
    expect(connection.state).toBe('offline');
  });
});
