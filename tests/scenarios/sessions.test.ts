import { expect, test } from 'vitest';
import { createGroup, createPerson, password, RawSocket, request, signIn, uniqueName } from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

inEveryTopology('sessions', (server) => {
  test('a revoked session ends at once: its socket, its access token, its refresh token', async () => {
    const ann = await createPerson(server(), 'ann');
    const other = await signIn(server(), ann.username);
    const socket = await ann.socket();
    const sessions = await other.must<{ items: { id: string; current: boolean }[] }>('GET', '/sessions');
    const first = sessions.items.find((session) => !session.current);
    await other.must('DELETE', `/sessions/${first?.id}`);
    expect(await socket.closed()).toBe(4501);
    expect((await ann.api('GET', '/me')).body.code).toBe('session.revoked');
    expect((await request(server(), 'POST', '/sessions/refresh', { body: { refresh: ann.refresh } })).status).toBe(401);
    expect(await (await RawSocket.open(server().url, { token: ann.access })).closed()).toBe(4501);
    expect((await other.api('GET', '/me')).status).toBe(200);
  });

  test('a refresh token works once; used again it ends its whole session', async () => {
    const ann = await createPerson(server(), 'ann');
    const refreshed = await request<{ tokens: { access: string; refresh: string } }>(
      server(),
      'POST',
      '/sessions/refresh',
      {
        body: { refresh: ann.refresh },
      },
    );
    expect(refreshed.status).toBe(200);
    expect((await request(server(), 'POST', '/sessions/refresh', { body: { refresh: ann.refresh } })).body.code).toBe(
      'session.revoked',
    );
    expect((await request(server(), 'GET', '/me', { token: refreshed.body.tokens.access })).status).toBe(401);
  });

  test('changing the password ends the other sessions', async () => {
    const ann = await createPerson(server(), 'ann');
    const other = await signIn(server(), ann.username);
    const socket = await other.socket();
    await ann.must('POST', '/me/password', { oldPassword: password, newPassword: 'another long password' });
    expect(await socket.closed()).toBe(4501);
    expect((await ann.api('GET', '/me')).status).toBe(200);
    expect((await request(server(), 'POST', '/sessions', { body: { login: ann.username, password } })).body.code).toBe(
      'credentials.wrong',
    );
  });

  test('a deleted account cannot sign in, and its messages stay', async () => {
    const [ann, bob] = [await createPerson(server(), 'ann'), await createPerson(server(), 'bob')];
    const group = await createGroup(ann, [bob]);
    await ann.must('POST', `/conversations/${group.id}/messages`, {
      id: 'm',
      content: { type: 'text', text: 'stays' },
    });
    expect((await request(server(), 'DELETE', '/me', { token: ann.access, body: { password } })).status).toBe(204);
    expect((await request(server(), 'POST', '/sessions', { body: { login: ann.username, password } })).status).toBe(
      401,
    );
    const { items } = await bob.must<{ items: { content: unknown }[] }>('GET', `/conversations/${group.id}/messages`);
    expect(items).toMatchObject([{ content: { text: 'stays' } }]);
  });

  test('nobody acts as somebody else: no surface works without a credential or with a forged one', async () => {
    const ann = await createPerson(server(), 'ann');
    const [head, body, signature] = ann.access.split('.') as [string, string, string];
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = [
      `${head}.${Buffer.from(JSON.stringify({ ...payload, sub: '01890a5d-ac96-774b-bcce-b302099a8057' })).toString('base64url')}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
      `${head}.${body}.${'A'.repeat(signature.length)}`,
      'garbage',
    ];
    for (const token of forged) {
      const answer = await request(server(), 'GET', '/me', { token });
      expect([answer.status, answer.body.code]).toEqual([401, 'token.invalid']);
      const socket = await RawSocket.open(server().url, { token }).catch((error: Error) => error.message);
      if (socket instanceof RawSocket) expect(await socket.closed()).toBe(4502);
      else expect(socket).toContain('401');
    }
    expect((await request(server(), 'GET', '/me')).body.code).toBe('token.missing');
    const silent = await RawSocket.open(server().url);
    silent.send({ op: 'typing', conversation: ann.id, on: true });
    expect(await silent.closed()).toBe(4502);
  });

  test('a browser’s cookie works, but not for a page of another origin', async () => {
    const ann = await createPerson(server(), 'ann');
    const signedIn = await request(server(), 'POST', '/sessions', {
      body: { login: ann.username, password, cookie: true },
    });
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^parley_session=[^;]+;.*HttpOnly/i);
    const headers = { cookie: cookie.split(';')[0] as string };
    expect((await request(server(), 'GET', '/me', { headers })).status).toBe(200);
    const evil = { ...headers, origin: 'https://evil.example' };
    expect((await request(server(), 'PATCH', '/me', { headers: evil, body: { name: 'x' } })).status).toBe(403);
    expect(
      (await request(server(), 'PATCH', '/me', { headers: { ...headers, origin: server().url }, body: { name: 'x' } }))
        .status,
    ).toBe(200);
    const refused = await RawSocket.open(server().url, { headers: evil });
    expect(await refused.closed()).toBe(4504);
    expect(refused.frames).toMatchObject([{ op: 'error', code: 'action.forbidden', retryable: false }]);
    const socket = await RawSocket.open(server().url, { headers: { ...headers, origin: server().url } });
    expect(await socket.take('ready')).toMatchObject({ user: { id: ann.id } });
    socket.close();
  });

  test('a first frame can carry the credential', async () => {
    const ann = await createPerson(server(), 'ann');
    const socket = await RawSocket.open(server().url);
    socket.send({ op: 'auth', token: ann.access, device: 'test' });
    expect(await socket.take('ready')).toMatchObject({ user: { username: ann.username } });
    socket.close();
  });

  test('a taken name is refused, in any case of letters, and one of two at once wins', async () => {
    const username = uniqueName('ann');
    const answers = await Promise.all(
      [username, username, username.toUpperCase()].map((name) =>
        request(server(), 'POST', '/accounts', { body: { username: name, password } }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409 || answer.status === 400)).toHaveLength(2);
  });
});
