import { expect, test } from 'vitest';
import {
  createGroup,
  createPerson,
  historyOf,
  mailedCode,
  type Person,
  password,
  request,
  sendText,
  signIn,
  textOf,
  uniqueName,
  until,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

interface User {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly presence: { readonly state: string };
}

inEveryTopology('accounts and people', (server) => {
  const person = (name: string) => createPerson(server(), name);
  const post = (at: string, body: object, token?: string) =>
    request(server(), 'POST', at, { body, token: token ?? null });

  async function withMail(): Promise<Person & { email: string }> {
    const username = uniqueName('ann');
    const email = `${username}@example.org`;
    expect((await post('/accounts', { username, password, email })).status).toBe(201);
    return { ...(await signIn(server(), username)), email };
  }

  test('an address is proved by the code that was sent to it, once', async () => {
    const ann = await withMail();
    expect(await ann.must('GET', '/me')).toMatchObject({ email: ann.email, emailVerified: false });
    const code = await mailedCode(server(), ann.email, /Confirm/);
    expect((await post('/accounts/verify', { code: 'nonsense' })).body.code).toBe('token.invalid');
    expect((await post('/accounts/verify', { code })).status).toBe(204);
    expect((await post('/accounts/verify', { code })).body.code).toBe('token.invalid');
    expect(await ann.must('GET', '/me')).toMatchObject({ emailVerified: true });
  });

  test('a forgotten password is set anew by mail, ends every session, and strangers learn nothing', async () => {
    const ann = await withMail();
    const socket = await ann.socket();
    expect((await post('/accounts/recover', { email: 'nobody@example.org' })).status).toBe(204);
    expect((await post('/accounts/recover', { email: ann.email })).status).toBe(204);
    const code = await mailedCode(server(), ann.email, /Set a new password/);
    const changed = 'a password of tomorrow';
    expect((await post('/accounts/reset', { code, password: 'short' })).status).toBe(400);
    expect((await post('/accounts/reset', { code, password: changed })).status).toBe(204);
    expect((await post('/accounts/reset', { code, password: changed })).body.code).toBe('token.invalid');
    expect(await socket.closed()).toBe(4501);
    expect((await ann.api('GET', '/me')).status).toBe(401);
    expect((await post('/sessions', { login: ann.username, password })).body.code).toBe('credentials.wrong');
    expect((await post('/sessions', { login: ann.email.toUpperCase(), password: changed })).status).toBe(201);
  });

  test('an administrator creates many accounts at once, each answered for itself; nobody else may', async () => {
    const [chief, eve] = [await chiefOf(server()), await person('eve')];
    const names = Array.from({ length: 30 }, () => uniqueName('bulk'));
    const accounts = [...names, eve.username, names[0] as string].map((username, i) => ({
      username,
      name: `Number ${i}`,
      password,
    }));
    expect((await eve.api('POST', '/accounts:batch', { accounts })).body.code).toBe('action.forbidden');
    const { items } = await chief.must<{
      items: { account?: { id: string; username: string }; error?: { code: string } }[];
    }>('POST', '/accounts:batch', { accounts });
    expect(items.slice(0, 30).map((item) => item.account?.username)).toEqual(names);
    expect(items.slice(30).map((item) => item.error?.code)).toEqual(['account.taken', 'account.taken']);
    const first = await signIn(server(), names[0] as string);
    const group = await createGroup(first, [eve]);
    expect(textOf(await sendText(first, group.id, 'I exist'))).toBe('I exist');
  });

  test('a profile is changed by its owner and seen by the others, its settings by nobody else', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const change = { name: 'Ann Ünïcode 👋', about: 'about me', settings: { theme: 'dark', deep: [1, { a: null }] } };
    expect(await ann.must('PATCH', '/me', change)).toMatchObject(change);
    expect(await ann.must('GET', '/me')).toMatchObject(change);
    const seen = await until('bob sees the new name', async () => {
      const user = await bob.must<User>('GET', `/users/@${ann.username}`);
      return user.name === change.name && user;
    });
    expect(seen).toMatchObject({ id: ann.id, about: 'about me' });
    expect(Object.keys(seen)).not.toContain('settings');
    expect(Object.keys(seen)).not.toContain('email');
  });

  test('people are found by the beginning of a name, page by page; blocked ones are not', async () => {
    const mark = uniqueName('q').replaceAll('-', '');
    const people: Person[] = [];
    for (let i = 0; i < 5; i++) people.push(await person(`${mark}${i}`));
    const [seeker, other] = [people[0] as Person, people[1] as Person];
    await other.must('PATCH', '/me', { name: `Zoë ${mark}zzz` });
    const find = async (query: string) => {
      const found: string[] = [];
      for (let after = ''; ; ) {
        const page = await seeker.must<{ items: User[]; next: string | null }>(
          'GET',
          `/users?query=${encodeURIComponent(query)}&limit=2${after}`,
        );
        found.push(...page.items.map((user) => user.id));
        if (!page.next) return found.toSorted();
        after = `&after=${encodeURIComponent(page.next)}`;
      }
    };
    const all = people.map(({ id }) => id);
    await until('all are in the directory', async () => (await find(mark)).length >= 4);
    const found = await find(mark);
    expect(all).toEqual(expect.arrayContaining(found));
    expect(new Set(found).size).toBe(found.length);
    await until('by a word of the name', async () => (await find(`${mark}zzz`)).includes(other.id));
    expect(await find('zoë')).toContain(other.id);
    await seeker.must('PUT', `/me/blocks/${other.id}`);
    expect(await find(mark)).not.toContain(other.id);
  });

  test('contacts and blocks are lists of one’s own', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const ids = async (who: Person, list: string) =>
      (await who.must<{ items: User[] }>('GET', `/me/${list}`)).items.map((user) => user.id);
    for (const list of ['contacts', 'blocks']) {
      for (let twice = 0; twice < 2; twice++) await ann.must('PUT', `/me/${list}/${bob.id}`);
      expect(await ids(ann, list)).toEqual([bob.id]);
      expect(await ids(bob, list)).toEqual([]);
      for (let twice = 0; twice < 2; twice++) await ann.must('DELETE', `/me/${list}/${bob.id}`);
      expect(await ids(ann, list)).toEqual([]);
    }
  });

  test('who is blocked can neither begin nor continue a direct conversation; groups go on', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const direct = await ann.must<{ id: string }>('POST', '/conversations', { kind: 'direct', members: [bob.id] });
    await sendText(bob, direct.id, 'before');
    const group = await createGroup(ann, [bob]);
    await ann.must('PUT', `/me/blocks/${bob.id}`);
    for (const [from, to] of [
      [bob, 'bob'],
      [ann, 'ann'],
    ] as const) {
      await until(`${to} is held back`, async () => {
        const answer = await from.api('POST', `/conversations/${direct.id}/messages`, {
          id: uniqueName('m'),
          content: { type: 'text', text: 'x' },
        });
        return answer.status === 403 && answer.body.code === 'action.forbidden';
      });
    }
    await until('nobody who is blocked can begin', async () => {
      const fresh = await person('fresh');
      await ann.must('PUT', `/me/blocks/${fresh.id}`);
      return (await fresh.api('POST', '/conversations', { kind: 'direct', members: [ann.id] })).status === 403;
    });
    expect(textOf(await sendText(bob, group.id, 'still here'))).toBe('still here');
    await ann.must('DELETE', `/me/blocks/${bob.id}`);
    await until(
      'bob may write again',
      async () =>
        (
          await bob.api('POST', `/conversations/${direct.id}/messages`, {
            id: 'again',
            content: { type: 'text', text: 'again' },
          })
        ).status < 300,
    );
  });

  test('presence: who watches is told of coming and going, over all of a user’s devices', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const watcher = await ann.socket();
    await watcher.ask({ op: 'ping', ref: 1 });
    watcher.send({ op: 'presence', ref: 2, watch: [bob.id] });
    expect(await watcher.take('presence')).toMatchObject({ user: bob.id, state: 'offline' });
    const [phone, laptop] = [await bob.socket(), await bob.socket()];
    expect(await watcher.take('presence')).toMatchObject({ user: bob.id, state: 'online' });
    expect((await ann.must<User>('GET', `/users/${bob.id}`)).presence.state).toBe('online');
    phone.close();
    laptop.close();
    expect(await watcher.take('presence')).toMatchObject({ state: 'offline', lastSeen: expect.any(String) });
    watcher.send({ op: 'presence', ref: 3, watch: [] });
    await watcher.settle();
    const before = watcher.frames.length;
    const back = await bob.socket();
    await back.settle();
    await watcher.settle();
    expect(watcher.frames.slice(before).filter((frame) => frame.op === 'presence')).toEqual([]);
    for (const socket of [watcher, back]) socket.close();
  });

  test('preferences are each member’s own', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [bob]);
    const mutedUntil = '2099-01-01T00:00:00.000Z';
    await ann.must('PUT', `/conversations/${group.id}/preferences`, {
      mutedUntil,
      pinned: true,
      archived: true,
      notify: 'mentions',
    });
    expect(await ann.must('GET', `/conversations/${group.id}`)).toMatchObject({
      muted: true,
      mutedUntil,
      pinned: true,
      archived: true,
      notify: 'mentions',
    });
    expect(await bob.must('GET', `/conversations/${group.id}`)).toMatchObject({
      muted: false,
      mutedUntil: null,
      pinned: false,
      archived: false,
      notify: 'all',
    });
    await ann.must('PUT', `/conversations/${group.id}/preferences`, { mutedUntil: null });
    expect(await ann.must('GET', `/conversations/${group.id}`)).toMatchObject({ muted: false, pinned: true });
  });

  test('members come page by page; the last owner’s place passes to the longest-standing of the highest role', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const group = await createGroup(ann, [bob, eve]);
    await ann.must('PUT', `/conversations/${group.id}/members/${eve.id}`, { role: 'admin' });
    type Page = { items: { user: User; role: string }[]; next: string | null };
    const roles: Record<string, string> = {};
    let pages = 0;
    for (let after = ''; pages < 10; pages++) {
      const page = await bob.must<Page>('GET', `/conversations/${group.id}/members?limit=1${after}`);
      for (const { user, role } of page.items) roles[user.id] = role;
      if (!page.next) break;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
    expect(roles).toEqual({ [ann.id]: 'owner', [bob.id]: 'member', [eve.id]: 'admin' });
    const stepDown = await ann.api('PUT', `/conversations/${group.id}/members/${ann.id}`, { role: 'member' });
    expect(stepDown.body.code).toBe('conversation.conflict');
    expect((await bob.api('PUT', `/conversations/${group.id}/members/${bob.id}`, { role: 'owner' })).body.code).toBe(
      'action.forbidden',
    );
    await ann.must('DELETE', `/conversations/${group.id}/members/${ann.id}`);
    expect(await eve.must('GET', `/conversations/${group.id}`)).toMatchObject({ role: 'owner' });
    expect(await bob.must('GET', `/conversations/${group.id}`)).toMatchObject({ role: 'member' });
    expect((await ann.api('GET', `/conversations/${group.id}/messages`)).status, 'not even its existence').toBe(404);
  });

  test('a public channel is read by everybody, joined by who wants, written by whom it belongs to', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const channel = await ann.must<{ id: string }>('POST', '/conversations', {
      kind: 'channel',
      name: 'news',
      visibility: 'public',
      members: [],
    });
    const hidden = await ann.must<{ id: string }>('POST', '/conversations', {
      kind: 'channel',
      name: 'secret',
      members: [],
    });
    await sendText(ann, channel.id, 'headline');
    expect((await historyOf(bob, channel.id)).map(textOf)).toEqual(['headline']);
    expect([403, 404]).toContain((await bob.api('GET', `/conversations/${hidden.id}/messages`)).status);
    const join = (who: Person, id: string, role: string) =>
      who.api('PUT', `/conversations/${id}/members/${who.id}`, { role });
    expect((await join(bob, hidden.id, 'reader')).status).toBe(403);
    expect((await join(bob, channel.id, 'owner')).body.code).toBe('action.forbidden');
    expect((await bob.api('PUT', `/conversations/${channel.id}/members/${eve.id}`, { role: 'reader' })).status).toBe(
      403,
    );
    const socket = await bob.socket();
    expect((await join(bob, channel.id, 'reader')).status).toBe(201);
    await sendText(ann, channel.id, 'second');
    expect(textOf(await socket.take('message'))).toBe('second');
    const write = await bob.api('POST', `/conversations/${channel.id}/messages`, {
      id: 'x',
      content: { type: 'text', text: 'mine' },
    });
    expect([write.status, write.body.code]).toEqual([403, 'action.forbidden']);
    await bob.must('DELETE', `/conversations/${channel.id}/members/${bob.id}`);
    expect((await historyOf(eve, channel.id)).map(textOf)).toEqual(['headline', 'second']);
    socket.close();
  });
});

async function chiefOf(server: { readonly url: string }): Promise<Person> {
  await request(server, 'POST', '/accounts', { body: { username: 'chief', password } });
  return signIn(server, 'chief');
}
