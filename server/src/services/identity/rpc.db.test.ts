import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../test-support/identity.ts';
import { expectAlike, openTransports, type Transports } from '../../../test-support/open-transports.ts';
import { identityRpc } from './rpc.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let transports: Transports<WholeIdentityApi>;
const ctx = anonymous();
const password = 'correct horse';

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  transports = await openTransports(identityRpc, identity.api);
  return async () => {
    await transports.close();
    await identity.stop();
  };
});
afterAll(() => database.close());

test('every method of the running service is carried', () => {
  expect(Object.keys(identityRpc.methods).sort()).toEqual(Object.keys(identity.api).sort());
});

describe.each(['local', 'grpc'] as const)('identity, %s', (transport) => {
  const name = (plain: string) => `${plain}.${transport}`;

  test('signs up, in, on and out', async () => {
    const api = transports[transport];
    const username = name('ann');
    const { account } = await api.signUp(
      ctx,
      { username, password, email: `${username}@x.org` },
      { device: 'a\ud800' },
    );
    expect(account).toMatchObject({ username, email: `${username}@x.org`, kind: 'person', emailVerified: false });
    const { session, tokens } = await api.signIn(ctx, { login: username, password }, { address: '::1' });
    const ann = await contextOf({ api }, { account, session, tokens });
    expect(ann.principal).toEqual({ account: account.id, session, username, admin: false });
    expect((await api.listSessions(ann)).map(({ current, address }) => [current, address])).toEqual([
      [true, '::1'],
      [false, null],
    ]);

    const next = await api.refresh(ctx, tokens.refresh);
    expect(next.refresh).not.toBe(tokens.refresh);
    await expect(api.refresh(ctx, tokens.refresh)).rejects.toMatchObject({ code: 'session.revoked' });
    expect(await api.checkSession(ctx, session)).toBe(false);
    await expect(api.verifyAccess(ctx, next.access)).rejects.toMatchObject({ code: 'session.revoked' });
    const { keepMs, sessions } = await api.listRevoked(ctx);
    expect(keepMs).toBeGreaterThan(0);
    expect(sessions).toContainEqual({ session, reason: 'reuse', at: expect.any(Number) });
  });

  test('answers each of many in its place, and finds them by name', async () => {
    const api = transports[transport];
    await api.signUp(ctx, { username: name('taken') }, {});
    const admin = { ...ctx, principal: { account: 'a', session: 's', username: 'root', admin: true } as never };
    const asked = [{ username: name('new') }, { username: name('taken') }, { username: '' }];
    const results = await api.createAccounts(admin, asked, { sessions: true });
    expect(results).toEqual([
      { account: expect.objectContaining({ username: name('new'), email: null }), tokens: expect.any(Object) },
      { code: 'account.taken' },
      { code: 'request.invalid' },
    ]);
    const [made] = await api.createAccounts(admin, [{ username: name('plain') }]);
    expect(made).not.toHaveProperty('tokens');
    const names = [name('new').toUpperCase(), '__proto__', 'nobody\ud800'];
    const found = await api.resolveUsernames(ctx, names);
    expect([...found.keys()]).toEqual([name('new').toUpperCase()]);
    expect(found).toBeInstanceOf(Map);
  });

  test('shows its public keys', async () => {
    const { keys } = await transports[transport].jwks(ctx);
    expect(keys).toEqual((await identity.api.jwks(ctx)).keys);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  });
});

test.each<[string, (api: WholeIdentityApi) => Promise<unknown>]>([
  ['a wrong password', (api) => api.signIn(ctx, { login: 'nobody', password }, {})],
  ['a login that is no text', (api) => api.signIn(ctx, { login: 'a\0', password }, {})],
  ['a bad name', (api) => api.signUp(ctx, { username: 'x', password }, {})],
  ['a token that is none', (api) => api.verifyAccess(ctx, 'x\ud800')],
  ['a cookie that is none', (api) => api.resolveCookie(ctx, 'x')],
  ['no principal', (api) => api.listSessions(ctx)],
  ['a code that is none', (api) => api.resetPassword(ctx, { code: 'x', password })],
])('%s fails alike in process and over gRPC', async (_, call) => {
  await expectAlike(transports, call);
});

test('half of a character is as little a password over gRPC', async () => {
  const bad = { login: 'ann', password: '\ud800' };
  for (const api of [transports.local, transports.grpc])
    await expect(api.signIn(ctx, bad, {})).rejects.toMatchObject({ code: 'request.invalid' });
});
