import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createSdkPerson,
  type NetworkProxy,
  password,
  type SdkPerson,
  type System,
  shareSystem,
  startProxy,
  until,
} from '../harness/index.ts';

interface Said {
  readonly by: string;
  mentions: readonly string[];
  gone: boolean;
}

/** What a reader has not read, plainly. Seqs count from 1. */
function countOf(said: readonly Said[], me: string, read: number) {
  const unread = said.filter(({ by, gone }, index) => index + 1 > read && by !== me && !gone);
  return { unread: unread.length, mentions: unread.filter(({ mentions }) => mentions.includes(me)).length };
}

const move = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), mention: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), at: fc.nat(30), mention: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('thread' as const), at: fc.nat(30), mention: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), device: fc.nat(1), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'answer' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'mute' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'load' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'offline' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'leave and join' as const }) },
);

/** Unread, mentions and preferences of the server, of two devices of the SDK, and of a model, after every step of any history. */
describe('counts', () => {
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

  test('do not drift, whatever is said, changed and read by whom and where', async () => {
    const ann = await createSdkPerson(server.url, 'ann');
    const bob = await createSdkPerson(server.url, 'bob');
    const proxy = await startProxy(() => server.url);
    proxies.push(proxy);
    const other = await createSdkPerson(proxy.url, 'other');
    people.push(ann, bob, other);
    await other.client.signIn({ login: bob.username, password });
    for (const one of [ann, bob, other]) await one.connected();
    const api = ann.client.api;
    const { id } = await api.createConversation({ kind: 'group', name: 'g', members: [bob.id], history: 'since-join' });
    const said: Said[] = [];
    let read = 0;
    let notify: 'all' | 'mentions' = 'all';

    const words = (text: string) => ({ type: 'text' as const, text });
    const say = async (who: SdkPerson, mentions: readonly string[], thread: number | null = null) => {
      const { seq } = await who.client.send(id, words('x'), { mentions, ...(thread ? { thread } : {}) }).sent;
      said[seq - 1] = { by: who.id, mentions, gone: false };
    };
    const level = async (what: string) => {
      const right = JSON.stringify({ ...countOf(said, bob.id, read), notify });
      const shown = (c: { unread: number; mentions: number; notify: string } | undefined) =>
        JSON.stringify(c && { unread: c.unread, mentions: c.mentions, notify: c.notify });
      let last = '';
      await until(
        `level after ${what}`,
        async () => {
          const devices = [bob, other].map(({ client }) => shown(client.conversation(id)?.summary));
          last = [shown(await bob.client.api.getConversation(id)), ...devices].join();
          return last === [right, right, right].join();
        },
        10_000,
      ).catch((thrown) => Promise.reject(new Error(`${last} and not ${right}`, { cause: thrown })));
    };
    const mute = async () => {
      notify = notify === 'all' ? 'mentions' : 'all';
      await bob.client.api.setPreferences(id, { notify });
    };
    await until('both know it', () => bob.client.conversation(id) && other.client.conversation(id));
    for (let i = 0; i < 3; i++) await say(ann, i === 1 ? [bob.id] : []);
    await level('the beginning');

    const [moves = []] = fc.sample(fc.array(move, { minLength: 40, maxLength: 40 }), 1);
    for (const [step, m] of moves.entries()) {
      const at = 'at' in m ? m.at % said.length : 0;
      const target = said[at];
      const mentions = 'mention' in m && m.mention ? [bob.id] : [];
      if (m.do === 'send') await say(ann, mentions);
      else if (m.do === 'thread') await say(ann, mentions, at + 1);
      else if (m.do === 'answer') await say(bob, [bob.id]);
      else if (m.do === 'edit' && target?.by === ann.id && !target.gone) {
        await api.editMessage(id, at + 1, words(`edited ${step}`), mentions);
        target.mentions = mentions;
      } else if (m.do === 'delete' && target) {
        await api.deleteMessage(id, at + 1);
        target.gone = true;
      } else if (m.do === 'read') {
        const seq = Math.max(0, said.length - m.back);
        (m.device === 0 ? bob : other).client.markRead(id, seq);
        read = Math.max(read, seq);
      } else if (m.do === 'mute') await mute();
      else if (m.do === 'load') await other.client.loadOlder(id, 3);
      else if (m.do === 'offline') {
        proxy.refuse();
        proxy.cut();
        await until('offline', () => other.client.state !== 'online');
        await mute();
        await say(ann, [bob.id]);
        await api.deleteMessage(id, at + 1);
        (said[at] as Said).gone = true;
        bob.client.markRead(id, read + 1);
        read = Math.min(said.length, read + 1);
        proxy.accept();
        await until('online', () => other.client.state === 'online');
      } else if (m.do === 'leave and join') {
        await api.removeMember(id, bob.id);
        await until('gone', () => !bob.client.conversation(id) && !other.client.conversation(id));
        await say(ann, [bob.id]);
        await api.putMember(id, bob.id, 'member');
        read = said.length; // what was said before the stay is not unread
        await until('back', () => bob.client.conversation(id) && other.client.conversation(id));
      }
      await level(`step ${step}: ${JSON.stringify(moves.slice(0, step + 1))}`);
    }
    expect(said.length).toBeGreaterThan(3);
  }, 120_000);
});
