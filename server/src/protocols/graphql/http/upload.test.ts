import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  aliceCookie,
  aliceToken,
  type NativeServer,
  startNativeServer,
} from '../../../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer({ attachmentBytes: 1_000 });
});
afterAll(() => server.close());

const query = 'mutation ($file: Upload!) { createAttachment(file: $file) { id name size mediaType url } }';
const operations = { query, variables: { file: null } };
const map = { '0': ['variables.file'] };

interface Sent {
  readonly operations?: unknown;
  readonly map?: unknown;
  readonly bytes?: string;
  readonly headers?: Record<string, string>;
}

async function send(form: Sent = {}) {
  const body = new FormData();
  body.set(
    'operations',
    typeof form.operations === 'string' ? form.operations : JSON.stringify(form.operations ?? operations),
  );
  if (form.map !== null) body.set('map', JSON.stringify(form.map ?? map));
  body.set('0', new Blob([form.bytes ?? 'some text'], { type: 'text/plain' }), 'notes.txt');
  const headers = form.headers ?? { authorization: `Bearer ${aliceToken}`, 'x-parley-csrf': '1' };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] };
  return { status: response.status, data, codes: errors?.map(({ extensions }) => extensions.code) };
}

test('a file is stored, and read under its URL', async () => {
  const { data, codes } = await send();
  expect(codes).toBeUndefined();
  expect(data).toMatchObject({ createAttachment: { name: 'notes.txt', size: 9, mediaType: 'text/plain' } });
  const { url } = (data as { createAttachment: { url: string } }).createAttachment;
  expect(await (await server.fetch(url)).text()).toBe('some text');
});

test('what is beyond the quota is refused before a byte is kept', async () => {
  const before = server.puts.length;
  server.chat.quota.bytes = 100;
  const { codes } = await send();
  server.chat.quota.bytes = 1_000_000;
  expect([codes, server.puts.length]).toEqual([['request.too_large'], before]);
});

test('one that nothing shows is deleted with its bytes, and what there is for them is told', async () => {
  const { data } = await send({
    operations: {
      query: 'mutation ($file: Upload!) { createAttachment(file: $file) { id } }',
      variables: { file: null },
    },
  });
  const { id } = (data as { createAttachment: { id: string } }).createAttachment;
  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await server.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    return (await answer.json()) as { data: unknown; errors?: { extensions: { code: string } }[] };
  };
  expect(await ask('{ me { attachments { usedBytes quotaBytes } } }')).toEqual({
    data: { me: { attachments: { usedBytes: 0, quotaBytes: 1_000_000 } } },
  });
  const remove = () => ask(`mutation { deleteAttachment(id: "${id}") }`);
  expect(server.blobs.has(id)).toBe(true);
  expect(await remove()).toEqual({ data: { deleteAttachment: true } });
  expect(server.blobs.has(id)).toBe(false);
  expect((await remove()).errors?.[0]?.extensions.code).toBe('attachment.unknown');
});

test.each<[string, Sent, string]>([
  ['no map', { map: null }, 'request.invalid'],
  ['a map of nothing', { map: {} }, 'request.invalid'],
  ['a map of another file', { map: { '1': ['variables.file'] } }, 'request.invalid'],
  ['two places for one file', { map: { '0': ['variables.file', 'variables.file'] } }, 'request.invalid'],
  ['a place that is not there', { map: { '0': ['variables.other'] } }, 'request.invalid'],
  ['a place that is no variable', { map: { '0': ['__proto__'] } }, 'request.invalid'],
  ['a place in the prototype', { map: { '0': ['variables.__proto__.file'] } }, 'request.invalid'],
  ['operations that are no JSON', { operations: '{' }, 'request.invalid'],
  ['several operations', { operations: [operations] }, 'request.invalid'],
  [
    'a document that is not valid',
    { operations: { query: '{ nothing }', variables: { file: null } } },
    'request.invalid',
  ],
  ['a file that is too large', { bytes: 'x'.repeat(1_001) }, 'request.too_large'],
])('%s is refused', async (_what, form, code) => {
  const { codes } = await send(form);
  expect(new Set(codes)).toEqual(new Set([code]));
});

test('one file is one attachment', async () => {
  const twice =
    'mutation ($file: Upload!) { a: createAttachment(file: $file) { size } b: createAttachment(file: $file) { size } }';
  const { data, codes } = await send({ operations: { query: twice, variables: { file: null } } });
  expect(data).toEqual({ a: { size: 9 }, b: null });
  expect(codes).toEqual(['request.invalid']);
});

test('without a credential nothing is stored', async () => {
  const before = server.blobs.size;
  expect((await send({ headers: { 'x-parley-csrf': '1' } })).codes).toEqual(['token.missing']);
  expect(server.blobs.size).toBe(before);
});

test('a form of another site’s making is refused, with the cookie and without', async () => {
  const cookie = { cookie: `parley_session=${aliceCookie}`, origin: 'https://evil.example' };
  expect(await send({ headers: { ...cookie, 'x-parley-csrf': '1' } })).toMatchObject({
    status: 403,
    codes: ['action.forbidden'],
  });
  expect(await send({ headers: { authorization: `Bearer ${aliceToken}` } })).toMatchObject({
    status: 400,
    codes: ['request.invalid'],
  });
});
