import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { TestHub, TestOutlet } from '../../../../test-support/realtime/test-hub.ts';
import { createContext } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';

/** A part of another outlet's socket. */
class PartOutlet extends TestOutlet {
  readonly whole: TestOutlet;

  constructor(whole: TestOutlet) {
    super();
    this.whole = whole;
    Object.defineProperty(this, 'buffered', { get: () => whole.buffered });
  }

  override write(bytes: Buffer): void {
    if (this.whole.closed === null) this.whole.write(bytes);
  }
  override close(code: number): void {
    this.whole.close(code);
  }
}

describe('connections', () => {
  test('a revoked session closes its connections and no others', async () => {
    const hub = await new TestHub().start();
    const [ann, bob] = [await hub.open('ann'), await hub.open('bob')];
    await hub.deliver([{ kind: 'revoked', user: 'ann' as AccountId, sessions: ['s-other'] }]);
    expect(ann.outlet.closed).toBe(null);
    await hub.deliver([{ kind: 'revoked', user: 'ann' as AccountId, sessions: ['s-ann'] }]);
    expect([ann.outlet.closed, bob.outlet.closed]).toEqual([4501, null]);
    expect(hub.realtime.hub.connectionCount).toBe(1);
  });

  test('a session revoked while the connection opens never gets ready', async () => {
    const hub = await new TestHub().start();
    hub.revoked.add('s-ann');
    await expect(hub.open('ann')).rejects.toMatchObject({ code: 'session.revoked' });
    const outlet = new TestOutlet();
    hub.registry.latency = () => 3;
    const opening = hub.open('bob', outlet);
    await hub.deliver([{ kind: 'revoked', user: 'bob' as AccountId, sessions: ['s-bob'] }]);
    await expect(opening).rejects.toMatchObject({ code: 'session.revoked' });
    expect(outlet.closed).toBe(4501);
    expect(hub.realtime.hub.connectionCount).toBe(0);
  });

  test('the end of a session waits neither for what came before it nor for a hub that is deaf', async () => {
    const hub = await new TestHub().start();
    const { outlet } = await hub.open('ann');
    hub.chat.latency = () => 1_000;
    let compared = false;
    void hub.realtime.api.doubt(createContext(null, 'test'), 'a stream was lost').then(() => {
      compared = true;
    });
    const c = hub.chat.create('c', ['bob']);
    hub.chat.send(c, 'bob');
    void hub.deliver(hub.chat.stream);
    await hub.deliver([{ kind: 'revoked', user: 'ann' as AccountId, sessions: ['s-ann'] }]);
    expect([outlet.closed, compared]).toEqual([4501, false]);
  });

  test('of an account that loses all sessions those connections close whose session is over', async () => {
    const hub = await new TestHub().start();
    const [ann, bob] = [await hub.open('ann'), await hub.open('bob')];
    hub.revoked.add('s-ann');
    // Bob's was told before, and he has been let in again since: a replay must not throw him out.
    for (const user of ['ann', 'bob'] as AccountId[]) await hub.deliver([{ kind: 'revoked', user, sessions: 'all' }]);
    await hub.settle();
    expect([ann.outlet.closed, bob.outlet.closed]).toEqual([4501, null]);
  });

  test('one that does not keep up is closed with 4001, the others get everything', async () => {
    const hub = await new TestHub({ connectionBytes: 10_000 }).start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const slow = new TestOutlet();
    slow.stuck = true;
    await hub.open('ann', slow);
    const bob = await hub.open('bob');
    for (let i = 0; i < 50; i++) {
      hub.chat.send(c, 'bob');
      await hub.route();
      await hub.settle();
    }
    expect(slow.closed).toBe(4001);
    expect(slow.buffered).toBeLessThan(10_000);
    expect(bob.outlet.closed).toBe(null);
    expect(bob.outlet.of('message')).toHaveLength(50);
  });

  test('over the budget of the process those with the most waiting go first', async () => {
    const hub = await new TestHub({ processBytes: 20_000 }).start();
    const c = hub.chat.create('c', ['ann', 'bob', 'cid']);
    hub.loseStream();
    const outlets = ['ann', 'bob', 'cid'].map(() => new TestOutlet());
    for (const [i, user] of ['ann', 'bob', 'cid'].entries()) await hub.open(user, outlets[i]);
    await hub.settle();
    outlets[0]!.stuck = true;
    for (let i = 0; i < 200; i++) {
      if (i === 40) outlets[1]!.stuck = true;
      hub.chat.send(c, 'cid');
      await hub.route();
      await hub.settle();
      if (outlets[0]!.closed !== null) break;
    }
    expect(outlets.map((outlet) => outlet.closed)).toEqual([4001, null, null]);
  });

  test('bytes that wait in a socket count once, however many connections share it', async () => {
    const hub = await new TestHub({ processBytes: 20_000 }).start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const socket = new TestOutlet();
    const { connection: sharing } = await hub.open('ann', socket, undefined, { only: new Set() });
    for (let i = 0; i < 10; i++) await hub.open('ann', new PartOutlet(socket), undefined, { sharing });
    const { outlet: other } = await hub.open('bob');
    await hub.settle();
    socket.stuck = true;
    const waiting: number[] = [];
    for (let i = 0; i < 50 && socket.closed === null; i++) {
      waiting.push(socket.buffered);
      hub.chat.send(c, 'bob');
      await hub.route();
      await hub.settle();
    }
    // Within the budget of the process nobody goes, and over it, with the next message, who has more than their share of the sockets.
    const perMessage = (waiting[1] as number) - (waiting[0] as number);
    expect(Math.max(...waiting) + perMessage).toBeGreaterThan(20_000);
    expect([socket.closed, other.closed]).toEqual([4001, null]);
  });

  test('silence: a ping after one heartbeat, the end after two; being heard begins anew', async () => {
    const hub = await new TestHub({ heartbeatMs: 5_000 }).start();
    const [quiet, alive] = [await hub.open('ann'), await hub.open('bob')];
    hub.tick(6);
    expect([quiet.outlet.pings, alive.outlet.pings]).toEqual([1, 1]);
    alive.connection.heard();
    hub.tick(6);
    expect([quiet.outlet.closed, alive.outlet.closed]).toEqual([4002, null]);
  });

  test('an expired credential ends the connection unless it was renewed; a renewed session is checked again', async () => {
    const hub = await new TestHub({ heartbeatMs: 1e9 }).start();
    const [ann, bob, cid] = [await hub.open('ann'), await hub.open('bob'), await hub.open('cid')];
    hub.revoked.add('s-cid');
    bob.connection.renew(hub.now + 8_000_000);
    cid.connection.renew(hub.now + 8_000_000);
    await hub.settle();
    hub.tick(1, 4_000_000);
    expect([ann, bob, cid].map(({ outlet }) => outlet.closed)).toEqual([4502, null, 4501]);
  });

  test('more openings than the admission budget are refused and may come back', async () => {
    const hub = await new TestHub({ maxOpenings: 2 }).start();
    const all = await Promise.allSettled(['ann', 'bob', 'cid'].map((user) => hub.open(user)));
    expect(all.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(all[2]).toMatchObject({ reason: { code: 'service.overloaded' } });
    await hub.open('cid');
  });

  test('an opening that cannot be made takes nobody’s place', async () => {
    const hub = await new TestHub({ maxOpenings: 1 }).start();
    const speechless = {
      get protocol(): string {
        throw new Error('the encoder is at fault');
      },
      encode: () => null,
    };
    await expect(hub.open('ann', new TestOutlet(), speechless)).rejects.toThrow('the encoder is at fault');
    await hub.open('bob');
    expect(hub.realtime.hub.connectionCount).toBe(1);
  });

  test('opening many at once reads their memberships together', async () => {
    const hub = await new TestHub().start();
    const users = Array.from({ length: 100 }, (_, i) => `u${i}`);
    hub.chat.create('c', users);
    hub.loseStream();
    await Promise.all(users.map((user) => hub.open(user)));
    // The first read names the conversation; the second is made once its head is known.
    expect(hub.chat.calls.sort()).toEqual(['heads', 'membershipsOf', 'membershipsOf']);
  });

  test('what comes between registration and ready follows ready', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    await hub.open('ann');
    hub.chat.send(c, 'ann');
    await hub.route();
    // Its sender is known now: the next one is taken at once, before the opening goes on.
    const outlet = new TestOutlet();
    const opening = hub.open('ann', outlet);
    hub.chat.send(c, 'ann');
    await hub.route();
    await opening;
    await hub.settle();
    expect(outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'message']);
    expect(outlet.writes).toBe(1);
  });

  test('a drain tells everybody when to come back and then closes', async () => {
    const hub = await new TestHub().start();
    const ann = await hub.open('ann');
    await hub.realtime.unit.drain?.();
    expect(ann.outlet.of('drain')[0]?.reconnectInMs).toBeLessThanOrEqual(1_000);
    expect(ann.outlet.closed).toBe(4000);
    await expect(hub.open('bob')).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});

test('an idle connection with five conversations keeps less than 3 KB in the heap', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const hub = await new TestHub().start();
  const users = Array.from({ length: 2_000 }, (_, i) => `user-${i}`);
  for (let c = 0; c < 1_000; c++)
    hub.chat.create(
      `conversation-${c}`,
      Array.from({ length: 10 }, (_, i) => users[(c * 2 + i * 7) % 2_000]!),
    );
  hub.loseStream();
  const outlets = users.map(() => new TestOutlet());
  // Five measurements: what this process keeps or drops meanwhile for reasons of its own falls into one of them, not into most.
  const perConnection: number[] = [];
  for (let at = 0; at < users.length; at += 400) {
    const some = users.slice(at, at + 400);
    gc();
    const before = process.memoryUsage().heapUsed;
    await Promise.all(some.map((user, i) => hub.open(user, outlets[at + i])));
    await hub.settle();
    for (const outlet of outlets) outlet.frames.length = 0;
    gc();
    perConnection.push((process.memoryUsage().heapUsed - before) / some.length);
  }
  expect(hub.realtime.hub.connectionCount).toBe(2_000);
  expect(perConnection.toSorted((one, other) => one - other)[2]).toBeLessThan(3_000);
});
