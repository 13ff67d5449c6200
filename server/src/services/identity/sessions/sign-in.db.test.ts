import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import { identityDefaults } from '../config.ts';
import type { WholeIdentityApi } from '../trusted-api.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let api: WholeIdentityApi;
const ctx = anonymous();
const password = 'correct horse';
const wrong = { code: 'credentials.wrong' };

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  api = identity.api;
  await api.signUp(ctx, { username: 'ada', email: 'ada@x.org', password }, {});
  await api.signUp(ctx, { username: 'without' }, {});
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});

test.each(['ada', 'ADA', 'ada@x.org', 'Ada@X.org'])('signs in as %s', async (login) => {
  const { account, session } = await api.signIn(ctx, { login, password }, { device: 'phone' });
  expect(account.username).toBe('ada');
  expect(await api.checkSession(ctx, session)).toBe(true);
});

test('a wrong password, an unknown login and an account without a password read the same', async () => {
  for (const [login, given] of [
    ['ada', 'wrong horse'],
    ['ada', ''],
    ['ada', 'x'.repeat(300)],
    ['nobody', password],
    ['nobody@x.org', password],
    ['x'.repeat(300), password],
    ['without', password],
    ["' or 1=1 --", password],
    ["ada' --", password],
  ] as const) {
    const told = await api.signIn(ctx, { login, password: given }, {}).catch((thrown) => thrown);
    expect(told).toMatchObject(wrong);
    expect(told.message).toBe('The login or the password is wrong.');
  }
});

test('NUL and half characters are bad requests', async () => {
  for (const login of [
    { login: 'ada\0', password },
    { login: 'ada', password: `${password}\0` },
    { login: 'ada\ud800', password },
  ]) {
    await expect(api.signIn(ctx, login, {})).rejects.toMatchObject({ code: 'request.invalid' });
  }
});

test('a suspension ends the sessions and is told only to who knows the password', async () => {
  const victim = await api.signUp(ctx, { username: 'victim', password }, {});
  const chief = await api.signUp(ctx, { username: 'chief', password }, {});
  await expect(api.setSuspended(await contextOf(identity, chief), victim.account.id, true)).rejects.toMatchObject({
    code: 'action.forbidden',
  });
  await identity.operator.setAdmin('chief', true);
  const admin = await contextOf(identity, await api.signIn(ctx, { login: 'chief', password }, {}));

  await api.setSuspended(admin, victim.account.id, true);
  await expect(api.verifyAccess(ctx, victim.tokens.access)).rejects.toMatchObject({ code: 'account.suspended' });
  await expect(api.refresh(ctx, victim.tokens.refresh)).rejects.toMatchObject({ code: 'account.suspended' });
  await expect(api.signIn(ctx, { login: 'victim', password }, {})).rejects.toMatchObject({ code: 'account.suspended' });
  await expect(api.signIn(ctx, { login: 'victim', password: 'wrong horse' }, {})).rejects.toMatchObject(wrong);

  await api.setSuspended(admin, victim.account.id, false);
  await api.signIn(ctx, { login: 'victim', password }, {});
  await expect(api.setSuspended(admin, chief.account.id, true)).rejects.toMatchObject({ code: 'action.forbidden' });
  await expect(api.setSuspended(admin, 'x' as never, true)).rejects.toMatchObject({ code: 'account.unknown' });
});

test('losing the administrator role ends the sessions that have it', async () => {
  const { tokens } = await api.signUp(ctx, { username: 'was.chief' }, {});
  await identity.operator.setAdmin('was.chief', true);
  await api.verifyAccess(ctx, tokens.access);
  await identity.operator.setAdmin('was.chief', false);
  await expect(api.verifyAccess(ctx, tokens.access)).rejects.toMatchObject({ code: 'session.revoked' });
  await expect(identity.operator.setAdmin('nobody', true)).rejects.toMatchObject({ code: 'account.unknown' });
});

test('guessing is slowed down, per login and per address, and success does not count', async () => {
  const strict = await startTestIdentity(database.sql, {
    config: {
      signInLimits: {
        perLogin: { attempts: 3, seconds: 60 },
        perLoginAnywhere: { attempts: 6, seconds: 60 },
        perAddress: { attempts: 5, seconds: 60 },
      },
    },
  });
  const attempt = (login: string, given: string, address: string) =>
    strict.api.signIn(ctx, { login, password: given }, { address });
  for (let i = 0; i < 10; i++) await attempt('ada', password, '10.0.0.1');
  for (let i = 0; i < 3; i++) await expect(attempt('ada', 'wrong horse', '10.0.0.1')).rejects.toMatchObject(wrong);
  const limited = { code: 'rate.limited', retryAfterMs: expect.any(Number) };
  await expect(attempt('ADA', password, '10.0.0.1')).rejects.toMatchObject(limited);
  // Whoever comes from elsewhere is not kept out by it.
  await attempt('ADA', password, '10.0.0.2');
  for (let i = 0; i < 4; i++) await expect(attempt(`x${i}`, password, '10.0.0.3')).rejects.toMatchObject(wrong);
  await expect(attempt('y', password, '10.0.0.3')).rejects.toMatchObject(wrong);
  await expect(attempt('victim', password, '10.0.0.3')).rejects.toMatchObject(limited);

  // Six wrong ones from everywhere: now who has failed waits, but for the address of a live session, and nobody else does.
  await attempt('ada', password, '10.0.0.9');
  for (const from of ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.9']) {
    await expect(attempt('ada', 'wrong horse', from)).rejects.toMatchObject(wrong);
  }
  for (let i = 0; i < 3; i++) {
    await expect(attempt('ada', password, '10.0.0.4')).rejects.toMatchObject(limited);
  }
  await attempt('ada', password, '10.0.0.7');
  await attempt('ada', password, '10.0.0.9');
  await strict.stop();
});

test('guesses that come together find each other counted', async () => {
  const strict = await startTestIdentity(database.sql, {
    config: { signInLimits: { ...identityDefaults.signInLimits, perLogin: { attempts: 3, seconds: 60 } } },
  });
  const attempt = () => strict.api.signIn(ctx, { login: 'ada', password: 'wrong horse' }, { address: '10.1.0.1' });
  const answers = await Promise.all(Array.from({ length: 12 }, () => attempt().catch((thrown) => thrown.code)));
  expect(answers.toSorted()).toEqual([...Array(3).fill('credentials.wrong'), ...Array(9).fill('rate.limited')]);
  await strict.stop();
});

test('all addresses of an IPv6 network are one', async () => {
  const strict = await startTestIdentity(database.sql, {
    config: { signInLimits: { ...identityDefaults.signInLimits, perAddress: { attempts: 2, seconds: 60 } } },
  });
  const spray = (n: number) =>
    strict.api.signIn(ctx, { login: `somebody${n}`, password }, { address: `2001:db8::${n}` });
  for (const n of [1, 2]) await expect(spray(n)).rejects.toMatchObject(wrong);
  await expect(spray(3)).rejects.toMatchObject({ code: 'rate.limited' });
  await strict.stop();
});
