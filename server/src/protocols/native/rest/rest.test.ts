import * as schemas from '@parley/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  aliceCookie,
  aliceToken,
  bob,
  conversation,
  foreign,
  type NativeServer,
  startNativeServer,
} from '../../../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer({ attachmentBytes: 100_000 });
});
afterAll(() => server.close());

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await server.fetch(`/api/v1${path}`, {
    method,
    ...(body !== undefined && { body: text, headers: { 'content-type': 'application/json', ...headers } }),
    ...(body === undefined && { headers }),
  });
  const said = await answer.text();
  return { status: answer.status, headers: answer.headers, text: said, body: said === '' ? null : JSON.parse(said) };
}

const here = `/conversations/${conversation}`;
const content = { type: 'text', text: 'hi' };

describe('answers keep to their schemas', () => {
  const cases: [string, string, unknown, number, z.ZodType | null][] = [
    ['GET', '/status', undefined, 200, schemas.status],
    ['POST', '/accounts', { username: 'alice', password: 'correct horse', name: 'A' }, 201, schemas.signedIn],
    ['POST', '/accounts:batch', { accounts: [{ username: 'alice' }] }, 200, schemas.accountBatch],
    ['POST', '/sessions', { login: 'alice', password: 'correct horse' }, 201, schemas.signedIn],
    ['POST', '/sessions/refresh', { refresh: 'r' }, 200, schemas.refreshed],
    ['GET', '/sessions', undefined, 200, schemas.sessionList],
    ['DELETE', '/sessions/current', undefined, 204, null],
    ['DELETE', `/sessions/${bob}`, undefined, 204, null],
    ['GET', '/me', undefined, 200, schemas.ownAccount],
    ['PATCH', '/me', { name: 'A', settings: { a: [1] } }, 200, schemas.ownAccount],
    ['GET', '/users?query=b', undefined, 200, schemas.userList],
    ['GET', `/users/${bob}`, undefined, 200, schemas.user],
    ['GET', '/users/@bob', undefined, 200, schemas.user],
    ['GET', '/me/contacts', undefined, 200, schemas.userList],
    ['PUT', `/me/contacts/${bob}`, undefined, 204, null],
    ['POST', '/conversations', { kind: 'direct', members: ['@bob'] }, 201, schemas.conversation],
    ['GET', '/conversations?limit=10', undefined, 200, schemas.conversationList],
    ['GET', here, undefined, 200, schemas.conversation],
    ['GET', `${here}/members`, undefined, 200, schemas.memberList],
    ['PUT', `${here}/members/${bob}`, { role: 'member' }, 200, schemas.member],
    ['GET', `${here}/receipts`, undefined, 200, schemas.receiptList],
    ['PUT', `${here}/receipts`, { read: 1 }, 204, null],
    ['POST', `${here}/messages`, { id: 'r1', content }, 201, schemas.message],
    ['POST', `${here}/messages`, { id: 'r2', content, ephemeral: true }, 201, schemas.message],
    ['GET', `${here}/messages?before=9&limit=2`, undefined, 200, schemas.history],
    ['GET', `${here}/changes?epoch=e&seq=0`, undefined, 200, schemas.changes],
    ['PATCH', `${here}/messages/1`, { content: { type: 'text', text: 'new' } }, 200, schemas.message],
    ['PUT', `${here}/messages/1/reactions/${encodeURIComponent('👍')}`, undefined, 204, null],
    ['GET', '/search?q=hi', undefined, 200, schemas.searchHits],
  ];
  test.each(cases)('%s %s', async (method, path, body, status, schema) => {
    const answer = await ask(method, path, body);
    expect([answer.status, answer.text]).toEqual([status, expect.anything()]);
    if (schema) schema.parse(answer.body);
    else expect(answer.text).toBe('');
  });
});

describe('requests', () => {
  test('no credential, a wrong one, an expired one', async () => {
    const without = await fetch(`${server.url}/api/v1/me`);
    expect([without.status, ((await without.json()) as schemas.Problem).code]).toEqual([401, 'token.missing']);
    expect(await ask('GET', '/me', undefined, { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
    const expired = await ask('GET', '/me', undefined, { authorization: 'Bearer expired' });
    expect([expired.body.code, expired.headers.get('www-authenticate')]).toEqual(['token.expired', 'Bearer']);
  });

  test('the cookie reads, and writes from our own pages only', async () => {
    const cookie = `parley_session=${aliceCookie}`;
    const as = (method: string, headers: Record<string, string>) =>
      fetch(`${server.url}/api/v1/${method === 'GET' ? 'me' : 'sessions/current'}`, { method, headers });
    expect((await as('GET', { cookie })).status).toBe(200);
    expect((await as('DELETE', { cookie })).status).toBe(403);
    const signedOut = await as('DELETE', { cookie, origin: server.url });
    expect(signedOut.status).toBe(204);
    expect(signedOut.headers.get('set-cookie')).toMatch(/^parley_session=; .*Max-Age=0/);
  });

  test('signing in with cookie sets it where no script reaches it', async () => {
    const answer = await ask('POST', '/sessions', { login: 'alice', password: 'correct horse', cookie: true });
    expect(answer.headers.get('set-cookie')).toBe(
      `parley_session=${aliceCookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60`,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('an edit names whom it says, and whom it named before when it says nothing', async () => {
    const content = { type: 'text', text: 'new' };
    const named = await ask('PATCH', `${here}/messages/1`, { content, mentions: [bob] });
    expect([named.status, named.body.mentions]).toEqual([200, [bob]]);
    const same = await ask('PATCH', `${here}/messages/1`, { content });
    expect([same.status, same.body.mentions]).toEqual([200, []]);
    const wrong = await ask('PATCH', `${here}/messages/1`, { content, mentions: ['nobody'] });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'request.invalid']);
  });

  test('in a small conversation the members come with their watermarks', async () => {
    const { body } = await ask('GET', `${here}/members`);
    expect(body.items).toMatchObject([{ user: { id: bob }, role: 'member', delivered: 2, read: 1 }]);
  });

  const wrong: [string, string, unknown, number, string, RegExp][] = [
    ['POST', '/sessions', { login: 'alice', password: 'no' }, 401, 'credentials.wrong', /login or the password/],
    ['POST', '/sessions', { login: 'alice', password: 'x', admin: true }, 400, 'request.invalid', /admin/],
    ['POST', '/sessions', '{', 400, 'request.invalid', /not valid JSON/],
    ['POST', '/sessions', '[]', 400, 'request.invalid', /body: .*object/],
    [
      'POST',
      '/accounts',
      { username: 'a b', password: 'correct horse' },
      400,
      'request.invalid',
      /username: must be 3–32/,
    ],
    ['POST', '/accounts', { username: 'alice', password: 'short' }, 400, 'request.invalid', /8 characters/],
    ['GET', '/conversations/not-an-id', undefined, 400, 'request.invalid', /params.id: must be a UUID/],
    ['GET', `/conversations/${foreign}`, undefined, 404, 'conversation.unknown', /./],
    ['GET', '/users/@nobody', undefined, 404, 'account.unknown', /@nobody/],
    ['POST', '/conversations', { kind: 'direct', members: ['@nobody'] }, 404, 'account.unknown', /@nobody/],
    ['POST', '/conversations', { kind: 'party', members: [] }, 400, 'request.invalid', /kind/],
    ['GET', `${here}/messages?limit=201`, undefined, 400, 'request.invalid', /query.limit/],
    ['GET', `${here}/messages?before=1&after=2`, undefined, 400, 'request.invalid', /one of before, after and around/],
    ['GET', `${here}/messages?page=2`, undefined, 400, 'request.invalid', /page/],
    [
      'POST',
      `${here}/messages`,
      { id: 'x', content: { type: 'text' } },
      400,
      'request.invalid',
      /content.text is missing/,
    ],
    ['POST', `${here}/messages`, { id: 'x' }, 400, 'request.invalid', /content is missing/],
    ['POST', `${here}/messages`, { id: '', content }, 400, 'request.invalid', /id/],
    ['POST', `${here}/messages`, { id: 'x', content, sender: bob }, 400, 'request.invalid', /sender/],
    ['POST', `/conversations/${foreign}/messages`, { id: 'x', content }, 403, 'conversation.forbidden', /member/],
    ['PUT', `${here}/receipts`, {}, 400, 'request.invalid', /delivered, read or both/],
    ['GET', '/search?q=', undefined, 400, 'request.invalid', /query.q/],
    ['GET', '/search?q=a&before=yesterday', undefined, 400, 'request.invalid', /ISO 8601/],
    ['POST', '/attachments', {}, 415, 'request.unsupported', /multipart/],
  ];
  test.each(wrong)('%s %s %j: %i', async (method, path, body, status, code, detail) => {
    const answer = await ask(method, path, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(detail);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    schemas.problem.parse(answer.body);
  });

  test('a body that is no UTF-8', async () => {
    const answer = await server.fetch('/api/v1/sessions', {
      method: 'POST',
      body: Buffer.from([0x22, 0xff, 0x22]),
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.json()).toMatchObject({ status: 400, detail: 'The body is not valid UTF-8.' });
  });

  test('a repeat gets 200 and the first answer; content keeps its characters', async () => {
    const raw = '{ "text" : "\\u0041", "type":"text" }';
    const body = `{"id":"again","content":${raw}}`;
    const first = await ask('POST', `${here}/messages`, body);
    const second = await ask('POST', `${here}/messages`, body);
    expect([first.status, second.status, second.text]).toEqual([201, 200, first.text]);
    expect(first.text).toContain(`"content":${raw},`);
    expect((await ask('GET', `${here}/messages`)).text).toContain(`"content":${raw},`);
  });

  test('sign-ins and sends over the allowance: 429 with Retry-After', async () => {
    const strict = await startNativeServer({
      rates: { signIns: { perSecond: 0.001, burst: 1 }, sends: { perSecond: 0.5, burst: 1 } },
    });
    const post = (path: string, body: object) =>
      strict.fetch(`/api/v1${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    const login = { login: 'alice', password: 'correct horse' };
    expect((await post('/sessions', login)).status).toBe(201);
    expect((await post('/sessions', login)).status).toBe(429);
    expect((await post(`${here}/messages`, { id: 'a', content })).status).toBe(201);
    const refused = await post(`${here}/messages`, { id: 'b', content });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    await strict.close();
  });

  test('whatever the body, the answer is one of the table and never 500', async () => {
    const paths = ['/sessions', '/accounts', `${here}/messages`, '/conversations', '/accounts:batch'];
    const known = fc.constantFrom(
      'id',
      'content',
      'kind',
      'members',
      'login',
      'password',
      'username',
      'accounts',
      '__proto__',
    );
    const objects = fc.dictionary(fc.oneof(known, fc.string()), fc.jsonValue()).map((body) => JSON.stringify(body));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(objects, fc.json(), fc.string()), async (url, payload) => {
        const answer = await server.app.inject({
          method: 'POST',
          url: `/api/v1${url}`,
          payload,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${aliceToken}` },
        });
        expect(answer.statusCode).toBeLessThan(500);
        if (answer.statusCode >= 400) schemas.problem.parse(answer.json());
      }),
      { numRuns: 300 },
    );
  });
});

describe('attachments', () => {
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(64)]);

  async function upload(bytes: Buffer, name: string, type: string) {
    const form = new FormData();
    form.set('file', new Blob([bytes], { type }), name);
    return server.fetch('/api/v1/attachments', { method: 'POST', body: form });
  }

  test('what the quota has no room for is refused before a byte is kept, and the next request is answered', async () => {
    const before = server.puts.length;
    server.chat.quota.bytes = 50_000;
    const refused = await upload(Buffer.alloc(60_000), 'big', 'text/plain');
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ code: 'request.too_large', detail: 'over the quota' });
    expect(server.puts.length).toBe(before);
    expect((await upload(png, 'small', 'image/png')).status).toBe(201);
    server.chat.quota.bytes = 1_000_000;
  });

  test('one that nothing shows is deleted, bytes and all, and only once', async () => {
    const { url } = schemas.attachment.parse(await (await upload(png, 'x.png', 'image/png')).json());
    const kept = server.blobs.size;
    const remove = () => server.fetch(url, { method: 'DELETE' });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 404]);
    expect(server.blobs.size).toBe(kept - 1);
    expect((await server.fetch(url)).status).toBe(404);
  });

  test('bytes whose row was refused are not kept', async () => {
    const before = server.blobs.size;
    const answer = await upload(png, 'refused', 'image/png');
    expect([answer.status, server.blobs.size]).toEqual([503, before]);
  });

  test('what was uploaded comes back, under the type its bytes show', async () => {
    const stored = await upload(png, 'ä "b".png', 'text/html');
    expect(stored.status).toBe(201);
    const described = schemas.attachment.parse(await stored.json());
    expect(described).toMatchObject({ name: 'ä "b".png', size: png.length, mediaType: 'image/png' });
    const got = await server.fetch(described.url);
    expect(got.headers.get('content-type')).toBe('image/png');
    expect(got.headers.get('content-disposition')).toBe(
      `inline; filename="_ _b_.png"; filename*=UTF-8''%C3%A4%20%22b%22.png`,
    );
    expect(Buffer.from(await got.arrayBuffer()).equals(png)).toBe(true);
  });

  test('a range of the bytes, what the client has already, and only how many there are', async () => {
    const { url } = schemas.attachment.parse(await (await upload(png, 'x.png', 'image/png')).json());
    const etag = (await server.fetch(url)).headers.get('etag') as string;
    const get = async (headers: Record<string, string>, method = 'GET') => {
      const answer = await server.fetch(url, { method, headers });
      return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
    };
    const part = await get({ range: 'bytes=1-3' });
    expect(part.answer.status).toBe(206);
    expect(part.answer.headers.get('content-range')).toBe(`bytes 1-3/${png.length}`);
    expect(part.bytes.toString('latin1')).toBe('PNG');
    expect((await get({ range: 'bytes=1-3', 'if-range': '"other"' })).bytes.length).toBe(png.length);
    const beyond = await get({ range: `bytes=${png.length}-` });
    expect([beyond.answer.status, beyond.answer.headers.get('content-range')]).toEqual([416, `bytes */${png.length}`]);
    const known = await get({ 'if-none-match': etag });
    expect([known.answer.status, known.bytes.length]).toEqual([304, 0]);
    const head = await get({}, 'HEAD');
    expect([head.answer.status, head.answer.headers.get('content-length')]).toEqual([200, String(png.length)]);
    expect(head.answer.headers.get('accept-ranges')).toBe('bytes');
  });

  test('a long name keeps its extension', async () => {
    const name = async (given: string) => schemas.attachment.parse(await (await upload(png, given, 'x/y')).json()).name;
    expect(await name(`${'x'.repeat(251)}.txt`)).toBe(`${'x'.repeat(196)}.txt`);
    expect(await name(`${'😀'.repeat(201)}`)).toBe('😀'.repeat(200));
    expect(await name(`x.${'y'.repeat(300)}`)).toBe(`x.${'y'.repeat(198)}`);
  });

  test('a form with two files is refused and leaves nothing', async () => {
    const before = server.blobs.size;
    const form = new FormData();
    form.append('file', new Blob([png]), 'a.png');
    form.append('file', new Blob([png]), 'b.png');
    const answer = await server.fetch('/api/v1/attachments', { method: 'POST', body: form });
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      'The form holds more than one file: send each in a form of its own.',
    ]);
    expect(server.blobs.size).toBe(before);
  });

  test('a page or a script is handed over, never shown', async () => {
    const answer = await upload(Buffer.from('<script>1</script>'), 'x.html', 'text/html');
    const stored = schemas.attachment.parse(await answer.json());
    expect(stored.mediaType).toBe('application/octet-stream');
    const got = await server.fetch(stored.url);
    expect(got.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(got.headers.get('content-security-policy')).toContain('sandbox');
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=b', 'nonsense'],
    ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="f"; filename="x"\r\n\r\ncut off'],
    ['multipart/form-data; boundary=b', ''],
  ])('a form that is none (%s): %j', async (type, body) => {
    const answer = await ask('POST', '/attachments', body, { 'content-type': type });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
  });

  test('too large, none, unknown', async () => {
    expect(await (await upload(Buffer.alloc(100_000), 'max', 'x/y')).json()).toMatchObject({ size: 100_000 });
    expect(await (await upload(Buffer.alloc(100_001), 'big', 'x/y')).json()).toMatchObject({
      code: 'request.too_large',
    });
    const empty = new FormData();
    empty.set('name', 'no file');
    const none = await server.fetch('/api/v1/attachments', { method: 'POST', body: empty });
    expect(await none.json()).toMatchObject({ code: 'request.invalid', detail: 'The form holds no file.' });
    expect(await ask('GET', `/attachments/${bob}`)).toMatchObject({
      status: 404,
      body: { code: 'attachment.unknown' },
    });
  });
});
