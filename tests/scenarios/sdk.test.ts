import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createFastClock,
  createSdkPerson,
  expectLevel,
  idsOf,
  type NetworkProxy,
  request,
  type SdkPerson,
  type System,
  shareSystem,
  signIn,
  startProxy,
  until,
  wholeHistory,
} from '../harness/index.ts';

/** @parley/client against the real server, through a network that misbehaves. */
describe('the SDK', () => {
  let server: System;
  const proxies: NetworkProxy[] = [];
  const people: SdkPerson[] = [];

  beforeAll(async () => {
    server = await shareSystem();
  });
  afterEach(async () => {
    for (const { client } of people.splice(0)) client.close();
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  async function proxied(): Promise<NetworkProxy> {
    const proxy = await startProxy(() => server.url);
    proxies.push(proxy);
    return proxy;
  }

  async function person(name: string, url = server.url, options: Parameters<typeof createSdkPerson>[2] = {}) {
    const created = await createSdkPerson(url, name, options);
    people.push(created);
    return created;
  }

  async function meet(owner: SdkPerson, ...others: SdkPerson[]): Promise<string> {
    for (const one of [owner, ...others]) await one.connected();
    const { id } = await owner.client.api.createConversation({
      kind: 'group',
      name: 'g',
      members: others.map((o) => o.id),
    });
    for (const one of [owner, ...others])
      await until('everybody knows the conversation', () => one.client.conversation(id));
    return id;
  }

  const say = (who: SdkPerson, conversation: string, text: string): Promise<unknown> =>
    who.client.send(conversation, { type: 'text', text }, { id: text }).sent;

  test('two people talk: messages, edits, deletions, reactions, receipts, typing, presence, unread', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const id = await meet(ann, bob);
    await say(ann, id, 'hello');
    await say(bob, id, 'hi');
    await expectLevel(id, [ann, bob], ['hello', 'hi']);
    expect(bob.client.conversation(id)?.summary.unread).toBe(1);
    bob.client.markRead(id, 2);
    await until('ann sees that bob has read', () => ann.client.conversation(id)?.receipts[bob.id]?.read === 2);
    expect(bob.client.conversation(id)?.summary.unread).toBe(0);
    const typing: boolean[] = [];
    bob.client.on('typing', (frame) => typing.push(frame.on));
    ann.client.setTyping(id, true);
    await until('bob sees ann typing', () => typing[0] === true);
    await ann.client.api.editMessage(id, 1, { type: 'text', text: 'hello, edited' });
    await ann.client.api.setReaction(id, 2, '👍', true);
    await bob.client.api.deleteMessage(id, 2);
    for (const one of [ann, bob]) {
      await until('both see the changes', () => one.client.conversation(id)?.log.messages[1]?.content === null);
      expect(one.view(id)).toEqual(await wholeHistory(one.client, id));
      expect(one.view(id)[0]).toContain('hello, edited');
    }
    const seen: string[] = [];
    ann.client.on('presence', ({ user, state }) => user === bob.id && seen.push(state));
    ann.client.watchPresence([bob.id]);
    await until('bob is seen online', () => seen.at(-1) === 'online');
    bob.client.close();
    await until('bob is seen offline', () => seen.at(-1) === 'offline');
  });

  test('the outbox survives cuts: nothing lost, nothing twice, order kept', async () => {
    const proxy = await proxied();
    const [ann, bob] = [await person('ann', proxy.url, { clock: createFastClock(10) }), await person('bob')];
    const id = await meet(ann, bob);
    const ids = Array.from({ length: 400 }, (_, i) => `m${i}`);
    let acknowledged = 0;
    ann.client.on('sent', () => {
      if (++acknowledged % 60 === 0) proxy.cut();
    });
    await Promise.all(ids.map((text) => say(ann, id, text)));
    await expectLevel(id, [ann, bob], ids);
    expect(idsOf(bob.view(id), ann.username)).toEqual(ids);
    expect(ann.states.filter((state) => state === 'connecting').length).toBeGreaterThan(3);
  });

  test('a line that stalls, and one that is half open, are noticed or outwaited, and nothing is lost', async () => {
    const proxy = await proxied();
    const [ann, bob] = [await person('ann', proxy.url, { clock: createFastClock(10) }), await person('bob')];
    const id = await meet(ann, bob);
    await say(ann, id, 'before');
    proxy.stall();
    const waiting = say(ann, id, 'stalled');
    await say(bob, id, 'meanwhile');
    proxy.flow();
    await waiting;
    proxy.swallow();
    await say(bob, id, 'into-the-void');
    const lost = say(ann, id, 'from-the-void');
    await lost;
    await expectLevel(id, [bob, ann], ['before', 'stalled', 'meanwhile', 'into-the-void', 'from-the-void']);
    expect(ann.states.filter((state) => state === 'connecting').length).toBeGreaterThan(1);
  });

  test('who missed more than one answer holds gets all of it, in order, once', async () => {
    const proxy = await proxied();
    const [ann, bob] = [await person('ann'), await person('bob', proxy.url, { clock: createFastClock(10) })];
    const id = await meet(ann, bob);
    proxy.refuse();
    proxy.cut();
    await until('bob is away', () => bob.client.state === 'connecting');
    const ids = Array.from({ length: 1_300 }, (_, i) => `m${i}`);
    for (let at = 0; at < ids.length; at += 500)
      await Promise.all(ids.slice(at, at + 500).map((text) => say(ann, id, text)));
    // of each of the parts in which it comes, some change after all of it was sent
    for (const seq of [10, 490, 600, 1_290]) {
      await ann.client.api.editMessage(id, seq, { type: 'text', text: 'edited' });
      await ann.client.api.setReaction(id, seq + 1, '👍', true);
      await ann.client.api.deleteMessage(id, seq + 2);
    }
    expect(bob.told).toEqual([]);
    proxy.accept();
    await expectLevel(id, [ann, bob], ids);
    expect(bob.told, 'in order').toEqual(ids);
    expect(
      bob.client
        .conversation(id)
        ?.log.messages.filter((one) => one.reactions['👍'])
        .map((one) => one.seq),
    ).toEqual([11, 491, 601, 1_291]);
    expect(bob.gaps).not.toContain('lost');
  });

  test('a revoked session signs out, on an open connection and at the next call', async () => {
    const ann = await person('ann');
    await ann.connected();
    const other = await signIn(server, ann.username);
    const { items } = await ann.client.api.listSessions();
    await other.must('DELETE', `/sessions/${items.find((session) => session.current)?.id}`);
    await until('ann is signed out', () => ann.client.state === 'signedOut');
    expect(ann.client.account).toBe(null);
    expect(() => ann.client.connect()).toThrow(/Sign in/);
    await expect(ann.client.api.getMe()).rejects.toMatchObject({ code: 'session.missing' });
    await ann.client.signIn({ login: ann.username, password: other.password });
    await ann.connected();
  });

  test('what the server refuses fails by name and holds up nothing behind it', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const id = await meet(ann, bob);
    await say(ann, id, 'one');
    const conflict = ann.client.send(id, { type: 'text', text: 'another content' }, { id: 'one' }).sent;
    const next = say(ann, id, 'two');
    await expect(conflict).rejects.toMatchObject({ code: 'message.conflict' });
    await next;
    expect(ann.client.drafts(id)).toMatchObject([{ id: 'one', state: 'failed' }]);
    ann.client.discard(id, 'one');
    await ann.client.api.removeMember(id, bob.id);
    await until('bob is out', () => !bob.client.conversation(id));
    await expect(say(bob, id, 'too late')).rejects.toMatchObject({ code: 'conversation.forbidden' });
    expect((await wholeHistory(ann.client, id)).map((line) => line.split(' ')[1])).toEqual(['one', 'two']);
    expect((await request(server, 'GET', `/conversations/${id}/messages`, { token: null })).status).toBe(401);
  });
});
