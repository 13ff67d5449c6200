import { describe, expect, test } from 'vitest';
import { jsonEncoder, TestHub, TestOutlet } from '../../../../test-support/realtime/test-hub.ts';
import { createContext, type Principal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';

const position = (id: string, p: Position) => new Map([[id as ConversationId, p]]);

describe('resume', () => {
  test('backlog, then resumed, then live: nothing missing, nothing twice', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.chat.create('d', ['ann']);
    for (let i = 0; i < 5; i++) hub.chat.send(c, 'bob');
    hub.chat.edit(c, 1);
    hub.chat.delete(c, 2);
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    hub.chat.latency = () => 3;
    const resumed = connection.resume(7, position('c', { epoch: 'e-c', seq: 3, rev: 4 }));
    hub.chat.send(c, 'bob');
    await hub.route();
    await resumed;
    hub.chat.send(c, 'bob');
    await hub.route();
    await hub.settle();
    expect(
      outlet.frames
        .slice(1)
        .map((f) => (f.kind === 'message' || f.kind === 'edited' ? [f.kind, f.message.seq] : [f.kind])),
    ).toEqual([
      ['message', 4],
      ['message', 5],
      ['edited', 1],
      ['deleted'],
      ['message', 6],
      ['resumed'],
      ['message', 7],
    ]);
    const frame = outlet.of('resumed')[0];
    expect(frame).toMatchObject({ ref: 7, more: false });
    expect(frame?.conversations.map((row) => [row.conversation, row.seq, row.rev, row.continuity, row.left])).toEqual([
      ['c', 6, 9, 'kept', false],
      ['d', 0, 1, 'kept', false],
    ]);
  });

  test('a connection that opens with a resume hears nothing ahead of it', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    // Known here already, so that live changes reach the new connection from its first turn on.
    await hub.open('ann');
    const outlet = new TestOutlet();
    const principal = { account: 'ann', session: 's-ann', username: 'ann', admin: false } as unknown as Principal;
    hub.checkTurns = 20;
    let opened = false;
    const opening = hub.realtime.hub.open(createContext(principal, 'test'), {
      ...{ principal, expiresAt: hub.now + 1_000, outlet, encoder: jsonEncoder, withheld: [c.id] },
      greet(connection) {
        opened = true;
        void connection.resume(null, position('c', { epoch: 'e-c', seq: 0, rev: 1 }));
        return null;
      },
    });
    // It is registered, and waits to learn whether its session is alive.
    hub.chat.send(c, 'bob');
    await hub.route();
    expect(opened).toBe(false);
    await opening;
    await hub.settle();
    expect(outlet.frames.map(({ kind }) => kind)).toEqual(['message', 'resumed']);
  });

  test('what the backlog told is not told again when the stream comes to it', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    hub.chat.send(c, 'bob');
    hub.chat.send(c, 'bob');
    await connection.resume(1, position('c', { epoch: 'e-c', seq: 0, rev: 1 }));
    hub.chat.send(c, 'bob');
    await hub.route();
    await hub.settle();
    expect(outlet.of('message').map((frame) => frame.message.seq)).toEqual([1, 2, 3]);
    expect(outlet.frames.at(-2)?.kind).toBe('resumed');
  });

  test('a change delivered before the database showed it is waited for', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    hub.chat.send(c, 'bob');
    await hub.route();
    hub.chat.stale = 2;
    await connection.resume(1, position('c', { epoch: 'e-c', seq: 0, rev: 1 }));
    await hub.settle();
    expect(outlet.of('resumed')[0]?.conversations[0]).toMatchObject({ seq: 1, rev: 2, continuity: 'kept' });
  });

  test('another epoch is lost, and live goes on from the head that is told', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.chat.send(c, 'ann');
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    await connection.resume(null, position('c', { epoch: 'other', seq: 0 }));
    hub.chat.send(c, 'ann');
    await hub.route();
    await hub.settle();
    expect(outlet.of('resumed')[0]?.conversations[0]).toMatchObject({
      epoch: 'e-c',
      continuity: 'lost',
      seq: 1,
      rev: 2,
    });
    expect(outlet.of('message').map((frame) => frame.message.rev)).toEqual([3]);
  });

  test('after `more` the conversation waits until the client goes on from there', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    for (let i = 0; i < 5; i++) hub.chat.send(c, 'ann');
    hub.loseStream();
    hub.chat.backlogLimit = 3;
    const { connection, outlet } = await hub.open('ann');
    await connection.resume(1, position('c', { epoch: 'e-c', seq: 0, rev: 0 }));
    hub.chat.send(c, 'ann');
    await hub.route();
    await hub.settle();
    const more = outlet.of('resumed')[0]!.conversations[0]!;
    expect(more).toMatchObject({ continuity: 'more', seq: 3, rev: 6 });
    await connection.resume(2, position('c', { epoch: 'e-c', seq: more.seq, rev: more.rev }));
    await hub.settle();
    expect(outlet.of('message').map((frame) => frame.message.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(outlet.of('resumed')[1]?.conversations[0]).toMatchObject({ continuity: 'kept', seq: 6, rev: 7 });
  });

  test('a message that changed late is told as new, once, wherever the backlog is cut', async () => {
    for (const limit of [1, 2, 3, 4, 5, 6, 7]) {
      const hub = await new TestHub().start();
      const c = hub.chat.create('c', ['ann']);
      for (let i = 0; i < 8; i++) hub.chat.send(c, 'ann');
      for (const seq of [1, 2, 3, 4, 6]) hub.chat.edit(c, seq);
      hub.chat.delete(c, 5);
      hub.loseStream();
      hub.chat.backlogLimit = limit;
      const { connection, outlet } = await hub.open('ann');
      let at: Position = { epoch: 'e-c', seq: 2, rev: 3 };
      for (let ref = 1; ; ref++) {
        await connection.resume(ref, position('c', at));
        await hub.settle();
        const row = outlet.of('resumed').at(-1)!.conversations[0]!;
        at = { epoch: row.epoch, seq: row.seq, rev: row.rev };
        if (row.continuity === 'kept') break;
        if (ref === 1 && limit === 3) hub.chat.edit(c, 3);
      }
      const told = (kind: 'message' | 'edited') => outlet.of(kind).map((frame) => frame.message.seq);
      expect(told('message').sort(), `pages of ${limit}`).toEqual([3, 4, 5, 6, 7, 8]);
      expect(outlet.of('message').find((frame) => frame.message.seq === 5)?.message.content).toBeNull();
      expect(told('edited').sort()).toEqual(limit === 3 ? [1, 2, 3] : [1, 2]);
      expect(outlet.of('deleted')).toEqual([]);
    }
  });

  test('`resumed` covers all conversations in frames of at most 500', async () => {
    const hub = await new TestHub().start();
    for (let i = 0; i < 1_001; i++) hub.chat.create(`c${i}`, ['ann']);
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    await connection.resume('x', null);
    await hub.settle();
    expect(outlet.of('resumed').map((frame) => [frame.conversations.length, frame.more])).toEqual([
      [500, true],
      [500, true],
      [1, false],
    ]);
  });

  test('a conversation that was left is told as left', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.chat.leave(c, 'ann');
    hub.chat.send(c, 'bob');
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    await connection.resume(1, position('c', { epoch: 'e-c', seq: 0, rev: 1 }));
    await hub.settle();
    expect(outlet.of('message')).toHaveLength(0);
    expect(outlet.of('resumed')[0]?.conversations).toMatchObject([{ conversation: 'c', left: true }]);
  });

  test('a socket that does not drain gets no further page; it is ended after the time-out', async () => {
    const hub = await new TestHub({ backlogBytes: 2_000, drainTimeoutMs: 3_000, heartbeatMs: 1e9 }).start();
    const c = hub.chat.create('c', ['ann']);
    for (let i = 0; i < 100; i++) hub.chat.send(c, 'ann');
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    await hub.settle();
    outlet.stuck = true;
    const resumed = connection.resume(1, position('c', { epoch: 'e-c', seq: 0, rev: 1 }));
    await hub.settle();
    expect(outlet.buffered).toBeLessThan(4_000);
    outlet.unstick();
    outlet.stuck = true;
    await hub.settle();
    expect(outlet.buffered).toBeLessThan(4_000);
    hub.tick(5);
    await resumed;
    expect(outlet.closed).toBe(4001);
  });

  test('when the backlog cannot be read the resume fails, and a later one heals', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.chat.send(c, 'ann');
    hub.loseStream();
    const { connection, outlet } = await hub.open('ann');
    hub.chat.failing = true;
    const at = position('c', { epoch: 'e-c', seq: 0, rev: 1 });
    await expect(connection.resume(1, at)).rejects.toMatchObject({ code: 'service.unavailable' });
    hub.chat.failing = false;
    await connection.resume(2, at);
    await hub.settle();
    expect(outlet.of('message')).toHaveLength(1);
  });
});
