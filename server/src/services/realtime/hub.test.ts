import { describe, expect, test } from 'vitest';
import { TestHub } from '../../../test-support/realtime/test-hub.ts';
import type { AccountId, ConversationId } from '../../kernel/ids.ts';

describe('delivery', () => {
  test('a message reaches every connection of every member, the sender included, once', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const [ann, bob, bob2] = await Promise.all([hub.open('ann'), hub.open('bob'), hub.open('bob')]);
    hub.chat.send(c, 'ann');
    await hub.route();
    await hub.settle();
    for (const { outlet } of [ann, bob, bob2]) {
      expect(outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'message']);
      expect(outlet.of('message')[0]).toMatchObject({ sender: { name: 'ANN' } });
    }
  });

  test('a connection that listens to some conversations hears of no others, and of those at once', async () => {
    const hub = await new TestHub().start();
    const [c, d] = [hub.chat.create('c', ['ann', 'bob']), hub.chat.create('d', ['ann', 'bob'])];
    hub.loseStream();
    const only = new Set<ConversationId>();
    const [{ outlet }, whole] = [await hub.open('ann', undefined, undefined, { only }), await hub.open('ann')];
    const say = async () => {
      hub.chat.send(c, 'bob');
      hub.chat.send(d, 'bob');
      await hub.route();
      await hub.settle();
      return outlet.of('message').map(({ message }) => message.conversation);
    };
    expect(await say()).toEqual([]);
    only.add(c.id);
    expect(await say()).toEqual(['c']);
    only.delete(c.id);
    only.add(d.id);
    expect(await say()).toEqual(['c', 'd']);
    hub.chat.leave(d, 'ann');
    expect(await say()).toEqual(['c', 'd']);
    expect(whole.outlet.of('message')).toHaveLength(7);
  });

  test('a repeat is dropped and a hole is fetched before anything goes on', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const { outlet } = await hub.open('ann');
    for (let i = 0; i < 4; i++) hub.chat.send(c, 'ann');
    const [, first, , third, fourth] = hub.chat.stream;
    await hub.deliver([first!, fourth!, third!, first!]);
    await hub.settle();
    expect(outlet.of('message').map((frame) => frame.message.rev)).toEqual([2, 3, 4, 5]);
  });

  test('the last message is found by the regular check when the stream lost it', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const { outlet } = await hub.open('ann');
    hub.chat.send(c, 'ann');
    hub.loseStream();
    for (let check = 0; check < 2; check++) {
      hub.tick(5);
      await hub.settle();
    }
    expect(outlet.of('message')).toHaveLength(1);
  });

  test('doubt compares everything, conversations joined meanwhile included', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    const d = hub.chat.create('d', ['bob']);
    hub.loseStream();
    const { outlet } = await hub.open('ann');
    hub.chat.send(c, 'ann');
    hub.chat.join(d, 'ann');
    hub.loseStream();
    await hub.realtime.api.doubt({ principal: null, deadline: 0, requestId: '' }, 'test');
    await hub.settle();
    expect(outlet.of('message')).toHaveLength(1);
    expect(outlet.of('conversation').map((frame) => [frame.change, frame.conversation.id])).toEqual([['joined', 'd']]);
    hub.chat.send(d, 'bob');
    await hub.route();
    await hub.settle();
    expect(outlet.of('message')).toHaveLength(2);
  });

  test('a lease that ran out makes the hub register anew and compare', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const { outlet } = await hub.open('ann');
    hub.registry.conversations.clear();
    hub.registry.alive = false;
    hub.chat.send(c, 'ann');
    hub.loseStream();
    hub.tick(5);
    await hub.settle();
    expect(outlet.of('message')).toHaveLength(1);
    expect([...hub.registry.conversations]).toEqual(['c']);
  });

  test('two batches in one turn are one write per connection', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const { outlet } = await hub.open('ann');
    await hub.settle();
    const before = outlet.writes;
    for (let i = 0; i < 4; i++) hub.chat.send(c, 'ann');
    const [, ...sent] = hub.chat.stream;
    await Promise.all([hub.deliver(sent.slice(0, 2)), hub.deliver(sent.slice(2))]);
    await hub.settle();
    expect(outlet.writes - before).toBe(1);
    expect(outlet.of('message')).toHaveLength(4);
  });
});

describe('who may hear it', () => {
  test('a removed member is told and gets nothing after', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const bob = await hub.open('bob');
    const ann = await hub.open('ann');
    hub.chat.leave(c, 'bob');
    hub.chat.send(c, 'ann');
    await hub.route();
    await hub.settle();
    expect(bob.outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'conversation']);
    expect(bob.outlet.of('conversation')[0]).toMatchObject({ change: 'left', rev: 2, user: 'bob' });
    expect(ann.outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'conversation', 'message']);
    bob.connection.closed();
    await hub.settle();
    expect([...hub.registry.users]).toEqual(['ann']);
  });

  test('who reads since joining gets no older message, nor an edit of one, even when they come late', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann'], 'since-join');
    hub.loseStream();
    const ann = await hub.open('ann');
    hub.chat.send(c, 'ann');
    hub.chat.join(c, 'bob');
    hub.chat.edit(c, 1);
    hub.chat.send(c, 'ann');
    // bob's memberships are read while the hub has not delivered any of this yet
    const bob = await hub.open('bob');
    await hub.route();
    await hub.settle();
    expect(bob.outlet.of('message').map((frame) => frame.message.seq)).toEqual([2]);
    expect(bob.outlet.of('edited')).toHaveLength(0);
    expect(ann.outlet.of('message').map((frame) => frame.message.seq)).toEqual([1, 2]);
    expect(ann.outlet.of('edited')).toHaveLength(1);
  });

  test('a new member gets the view first, then every message since', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const bob = await hub.open('bob');
    hub.chat.join(c, 'bob');
    hub.chat.send(c, 'ann', 'one');
    await hub.route(1);
    hub.chat.send(c, 'ann', 'two');
    await hub.route();
    await hub.settle();
    expect(bob.outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'conversation', 'message', 'message']);
    expect(bob.outlet.of('conversation')[0]).toMatchObject({ change: 'joined', conversation: { name: 'c' } });
  });

  test('who came back while the hub was behind is not taken out by the end of the earlier stay', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    await hub.open('ann');
    hub.chat.leave(c, 'bob');
    const [left] = hub.chat.stream.slice(-1);
    hub.chat.join(c, 'bob');
    const bob = await hub.open('bob');
    await hub.deliver([left!]);
    hub.loseStream();
    hub.chat.send(c, 'ann');
    await hub.route();
    await hub.settle();
    expect(bob.outlet.of('conversation').map((frame) => frame.change)).not.toContain('left');
    expect(bob.outlet.of('message')).toHaveLength(1);
  });

  test('the announcement of a stay that has ended meanwhile lets nobody in', async () => {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', ['ann']);
    hub.loseStream();
    const bob = await hub.open('bob');
    hub.chat.join(c, 'bob');
    const joined = hub.chat.stream.at(-1)!;
    await hub.route();
    await hub.settle();
    hub.chat.leave(c, 'bob');
    await hub.route();
    await hub.settle();
    await hub.deliver([joined]);
    hub.chat.send(c, 'ann');
    await hub.deliver(hub.chat.stream.slice(-1));
    await hub.settle();
    expect(bob.outlet.of('message')).toHaveLength(0);
    expect([...hub.registry.conversations]).toEqual([]);
  });
});

describe('presence and what may be lost', () => {
  test('watchers learn who comes and, after the grace, who has gone', async () => {
    const hub = await new TestHub().start();
    const ann = await hub.open('ann');
    ann.connection.watchPresence(['bob' as AccountId]);
    const bob = await hub.open('bob');
    await hub.settle();
    bob.connection.closed();
    const again = await hub.open('bob');
    hub.tick(4);
    again.connection.closed();
    hub.tick(1);
    await hub.settle();
    expect(ann.outlet.of('presence').map((frame) => frame.online)).toEqual([false, true]);
    hub.tick(2);
    await hub.settle();
    expect(ann.outlet.of('presence').at(-1)).toMatchObject({ online: false, lastSeen: expect.any(String) });
  });

  test('receipts are gathered, the highest wins; typing is not told to who types', async () => {
    const hub = await new TestHub().start();
    hub.chat.create('c', ['ann', 'bob']);
    hub.loseStream();
    const [ann, bob] = [await hub.open('ann'), await hub.open('bob')];
    const base = { kind: 'receipt', conversation: 'c' as ConversationId, user: 'bob' as AccountId } as const;
    await hub.deliver([
      { ...base, delivered: 3, read: 1 },
      { ...base, delivered: 2, read: 2 },
      { kind: 'typing', conversation: 'c' as ConversationId, user: 'bob' as AccountId, on: true },
    ]);
    await hub.settle();
    expect(ann.outlet.of('receipt')).toHaveLength(0);
    hub.tick(2);
    await hub.settle();
    expect(ann.outlet.of('receipt')).toMatchObject([{ delivered: 3, read: 2 }]);
    expect([ann.outlet.of('typing').length, bob.outlet.of('typing').length]).toEqual([1, 0]);
  });

  test('the blocked are not told that the blocker types', async () => {
    const hub = await new TestHub().start();
    hub.blocks.push({ owner: 'bob' as AccountId, blocked: 'ann' as AccountId });
    hub.chat.create('c', ['ann', 'bob', 'cat']);
    hub.loseStream();
    const all = [await hub.open('ann'), await hub.open('bob'), await hub.open('cat')];
    const typing = (user: string) =>
      hub.deliver([{ kind: 'typing', conversation: 'c' as ConversationId, user: user as AccountId, on: true }]);
    await typing('bob');
    await typing('ann');
    await hub.settle();
    const told = () => all.map(({ outlet }) => outlet.of('typing').map(({ user }) => user));
    expect(told()).toEqual([[], ['ann'], ['bob', 'ann']]);
    hub.changeBlock('bob' as AccountId, 'ann' as AccountId, false);
    await typing('bob');
    await hub.settle();
    expect(told()[0]).toEqual(['bob']);
  });

  test('the blocked are not told how far the blocker has read', async () => {
    const hub = await new TestHub().start();
    hub.blocks.push({ owner: 'bob' as AccountId, blocked: 'ann' as AccountId });
    hub.chat.create('c', ['ann', 'bob', 'cat']);
    hub.loseStream();
    const all = [await hub.open('ann'), await hub.open('bob'), await hub.open('cat')];
    for (const user of ['ann', 'bob'] as AccountId[]) {
      await hub.deliver([{ kind: 'receipt', conversation: 'c' as ConversationId, user, delivered: 1, read: 1 }]);
    }
    hub.tick(2);
    await hub.settle();
    const told = all.map(({ outlet }) => outlet.of('receipt').map(({ user }) => user));
    expect(told).toEqual([['ann'], ['ann', 'bob'], ['ann', 'bob']]);
  });

  test('above 50 members a receipt goes only to the devices of who read', async () => {
    const hub = await new TestHub().start();
    const users = Array.from({ length: 51 }, (_, i) => `u${i}`);
    hub.chat.create('c', users);
    hub.loseStream();
    const all = await Promise.all(users.map((user) => hub.open(user)));
    const receipt = { kind: 'receipt', conversation: 'c' as ConversationId, user: 'u7' as AccountId } as const;
    await hub.deliver([{ ...receipt, delivered: 1, read: 1 }]);
    hub.tick(2);
    await hub.settle();
    expect(all.filter(({ outlet }) => outlet.of('receipt').length > 0).map(({ user }) => user)).toEqual(['u7']);
  });
});

describe('a very big conversation', () => {
  const crowd = Array.from({ length: 1_001 }, (_, i) => `u${i}`);

  /** Everybody connected; then some come and go. */
  async function begin() {
    const hub = await new TestHub().start();
    const c = hub.chat.create('c', crowd);
    hub.loseStream();
    const all = await Promise.all(crowd.map((user) => hub.open(user)));
    const [{ outlet }] = all as [(typeof all)[number]];
    return { hub, c, outlet };
  }

  test('comings and goings are told to nobody, and yet the next change is no jump', async () => {
    const { hub, c, outlet } = await begin();
    hub.chat.join(c, 'x');
    hub.chat.join(c, 'y');
    hub.chat.leave(c, 'x');
    await hub.route();
    await hub.settle();
    expect(outlet.of('conversation')).toEqual([]);
    const before = outlet.writes;
    hub.chat.send(c, 'u1');
    hub.chat.send(c, 'u1');
    await hub.route();
    await hub.settle();
    expect(outlet.writes - before, 'in the same write').toBe(1);
    expect(outlet.frames.slice(1)).toMatchObject([
      { kind: 'conversation', change: 'updated', since: 1, rev: 4, conversation: { id: 'c' } },
      { kind: 'message', message: { rev: 5 } },
      { kind: 'message', message: { rev: 6 } },
    ]);
  });

  test('what a repair skipped stays a jump', async () => {
    const { hub, c, outlet } = await begin();
    hub.chat.join(c, 'x');
    await hub.route();
    hub.chat.rename(c);
    hub.loseStream();
    hub.chat.join(c, 'y');
    hub.chat.send(c, 'u1');
    hub.loseStream();
    hub.chat.send(c, 'u1');
    await hub.route();
    await hub.settle();
    expect(outlet.of('conversation')).toMatchObject([
      { since: 1, rev: 2 },
      { since: 3, rev: 4 },
    ]);
    expect(outlet.of('message').map(({ message }) => message.rev)).toEqual([5, 6]);
  });

  test('a client that resumes meanwhile is not told to look again', async () => {
    const { hub, c } = await begin();
    const late = await hub.open('u7');
    hub.chat.join(c, 'x');
    await hub.route();
    const resumed = late.connection.resume(1, new Map([[c.id, { epoch: c.epoch, seq: 0, rev: 1 }]]));
    hub.chat.send(c, 'u1');
    await hub.route();
    await resumed;
    await hub.settle();
    expect(late.outlet.frames.map((frame) => frame.kind)).toEqual(['ready', 'message', 'resumed']);
  });
});
