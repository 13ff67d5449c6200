import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startClient } from './testing/start-client.ts';
import type { Profile } from './types.ts';
import { createUsers } from './users.ts';

const user = (id: string, version: number): Profile => ({
  ...{ id, username: `${id}${version}`, name: `${id} ${version}`, about: null, avatar: `a${version}` },
  ...{ version, deleted: version > 7 },
});

describe('users', () => {
  it('are shown by the highest version, in whatever order and detail it was told and read', () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b'), version: fc.nat(9), learn: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const told: Profile[] = [];
        const users = createUsers((profile) => void told.push(profile));
        const highest = new Map<string, number>();
        for (const { id, version, learn } of steps) {
          if (learn) {
            users.learn(user(id, version));
            highest.set(id, Math.max(highest.get(id) ?? 0, version));
          }
          const shown = Math.max(highest.get(id) ?? 0, version);
          expect(users.current(user(id, version))).toEqual(user(id, shown));
          const { username, name } = user(id, version);
          expect(users.current({ id, username, name, version })).toEqual({
            ...{ id, username: `${id}${shown}`, name: `${id} ${shown}`, version: shown },
          });
        }
        for (const id of ['a', 'b']) {
          const versions = told.filter((profile) => profile.id === id).map(({ version }) => version);
          expect(versions).toEqual([...new Set(versions)].sort());
          expect(versions.at(-1) ?? 0).toBe(highest.get(id) ?? 0);
        }
      }),
    );
  });
});

/** A direct conversation with `other`, who has said two things, the first of which is not loaded. */
async function startDirect() {
  const started = await startClient();
  const { server, client, calm } = started;
  server.rename('other', { name: 'Bob' });
  server.conversation.settings = {
    kind: 'direct',
    peer: { ...(server.people.get('other') as Profile), presence: { state: 'offline', lastSeen: null } },
  };
  server.act({ act: 'send' }, false);
  await calm();
  server.act({ act: 'send' }, false);
  await calm();
  const names = () => {
    const { summary, log } = client.conversation('c')!;
    return [summary.peer?.name, summary.lastMessage?.sender.name, ...log.messages.map(({ sender }) => sender.name)];
  };
  const typing = () => client.conversation('c')!.typing;
  return { ...started, names, typing };
}

describe('client', () => {
  it('shows a new name wherever the old one was, and tells of it', async () => {
    const { server, client, calm, names } = await startDirect();
    expect(names()).toEqual(['Bob', 'Bob', 'Bob']);
    const told: string[] = [];
    client.on('user', ({ id, name }) => void told.push(`${id} ${name}`));
    server.rename('other', { name: 'Robert', avatar: 'https://example.org/r.png' });
    await calm();
    expect(names()).toEqual(['Robert', 'Robert', 'Robert']);
    expect(client.conversation('c')!.summary.peer?.avatar).toBe('https://example.org/r.png');
    expect(client.user('other')).toMatchObject({ name: 'Robert', version: 2 });
    expect(told).toEqual(['other Robert']);
  });

  it('is not turned back by answers that were read before, or by a process that has not heard of it', async () => {
    const { server, client, calm, names } = await startDirect();
    const release = server.hold();
    const [older, again] = [client.loadOlder('c'), client.api.getMe().catch(() => null)];
    server.lag();
    server.rename('other', { name: 'Robert' });
    await calm();
    release();
    expect(await older).toBe(false);
    await again;
    expect(names()).toEqual(Array(4).fill('Robert'));
    server.tell({ op: 'missed' });
    await calm();
    server.lag(true);
    server.rename('other', { name: 'Rob' });
    server.act({ act: 'send' }, false);
    server.act({ act: 'edit', at: 0 }, false);
    await calm();
    expect(names()).toEqual(Array(5).fill('Rob'));
  });

  it.each(['a reconnect', 'what the server says was missed'])('learns after %s who was renamed untold', async (by) => {
    const { server, client, calm, names } = await startDirect();
    server.lag();
    server.rename('other', { name: 'Robert' }, true);
    server.rename('me', { name: 'Myself' }, true);
    if (by === 'a reconnect') server.cut();
    else server.tell({ op: 'missed' });
    await calm();
    expect(names()).toEqual(['Robert', 'Robert', 'Robert']);
    expect(client.account?.name).toBe('Myself');
  });

  it('goes by the name that another device of the account has given it, in what it sends as well', async () => {
    const { server, client, calm, names } = await startDirect();
    server.rename('me', { name: 'Myself' });
    await calm();
    expect(client.account?.name).toBe('Myself');
    const atOnce: unknown[] = [];
    client.on('sent', () => void atOnce.push(client.conversation('c')!.summary.lastMessage?.sender.name));
    await Promise.all([client.send('c', { type: 'text', text: 'x' }).sent, calm()]);
    expect(atOnce).toEqual(['Myself']);
    expect(names()).toEqual(['Bob', 'Myself', 'Bob', 'Myself']);
  });

  it('shows that somebody has ended, who writes no more; so does who has left', async () => {
    const { server, client, calm, typing } = await startDirect();
    const type = () => server.tell({ op: 'typing', conversation: 'c', user: 'other', on: true });
    const arrive = async () => {
      server.arrive(Number.POSITIVE_INFINITY);
      await new Promise((resolve) => setImmediate(resolve));
    };
    type();
    await arrive();
    expect(typing()).toEqual(['other']);
    server.rename('other', { name: 'Deleted account', deleted: true });
    await arrive();
    expect(typing()).toEqual([]);
    expect(client.conversation('c')!.summary.peer).toMatchObject({ name: 'Deleted account', deleted: true });
    type(); // overtaken by the end
    await arrive();
    expect(typing()).toEqual([]);
    server.tell({ op: 'typing', conversation: 'c', user: 'third', on: true });
    await arrive();
    expect(typing()).toEqual(['third']);
    server.change({}, { change: 'left', conversation: { id: 'c' }, user: 'third' });
    await arrive();
    expect(typing()).toEqual([]);
    await calm();
  });

  it('is right after a restored backup, whose versions are lower', async () => {
    const { server, calm, names } = await startDirect();
    for (const name of ['B', 'Bo', 'Rob']) server.rename('other', { name });
    await calm();
    server.people.set('other', { ...user('other', 1), name: 'Restored' });
    server.conversation.restore(1);
    server.cut();
    await calm();
    server.rename('other', { name: 'Newer' });
    await calm();
    expect(names()[0]).toBe('Newer');
  });
});

describe('preferences', () => {
  const own = (preferencesVersion: number) => ({
    ...{ muted: false, mutedUntil: null, archived: preferencesVersion % 2 === 1, pinned: false },
    ...{ notify: 'all' as const, preferencesVersion },
  });

  it('end with the newest, whether it was told or read, and in whatever order both arrive', async () => {
    const step = fc.record({ do: fc.constantFrom('read', 'tell', 'set', 'arrive', 'release'), n: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { server, client, calm } = await startClient();
        await calm();
        const gaps: string[] = [];
        client.on('gap', ({ reason }) => void gaps.push(reason));
        let [version, shown] = [0, 0];
        const frames: object[] = [];
        const releases: (() => void)[] = [];
        for (const { do: what, n } of steps) {
          if (what === 'set') {
            server.conversation.settings = own(++version);
            const conversation = { id: 'c', ...own(version) };
            frames.push({ op: 'conversation', change: 'updated', rev: 0, conversation });
          } else if (what === 'read') {
            releases.push(server.hold());
            // Something that is not told: it looks again.
            server.change({}, { change: 'updated', conversation: { id: 'c' } });
          } else if (what === 'tell') for (const frame of frames.splice(0, n)) server.tell(frame);
          else if (what === 'arrive') server.arrive(n);
          else releases.shift()?.();
          await new Promise((resolve) => setImmediate(resolve));
          const now = client.conversation('c')!.summary.preferencesVersion;
          expect(now).toBeGreaterThanOrEqual(shown);
          shown = now;
        }
        for (const frame of frames) server.tell(frame);
        server.arrive(Number.POSITIVE_INFINITY);
        for (const release of releases) release();
        await calm();
        expect(client.conversation('c')!.summary).toMatchObject(own(version));
        expect(gaps).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
