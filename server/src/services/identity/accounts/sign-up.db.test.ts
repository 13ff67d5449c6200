import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import { createContext } from '../../../kernel/context.ts';
import { type AccountId, createId } from '../../../kernel/ids.ts';
import type { WholeIdentityApi } from '../trusted-api.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let api: WholeIdentityApi;
const ctx = anonymous();
const password = 'correct horse';

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql, { config: { admins: ['root.person'] } });
  api = identity.api;
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});

describe('sign-up', () => {
  test('makes an account that is signed in', async () => {
    const { account, session, tokens } = await api.signUp(
      ctx,
      { username: 'Ada', email: 'Ada@Example.org', password, name: 'Ada Lovelace' },
      { device: 'Firefox', address: '::1' },
    );
    expect(account).toMatchObject({ kind: 'person', username: 'ada', name: 'Ada Lovelace', email: 'Ada@Example.org' });
    expect(account).toMatchObject({ emailVerified: false, admin: false, suspended: false });
    expect(account.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(tokens.expiresIn).toBe(600);
    const { principal } = await api.verifyAccess(ctx, tokens.access);
    expect(principal).toEqual({ account: account.id, session, username: 'ada', admin: false });
    expect(await api.checkSession(ctx, session)).toBe(true);
    expect(await api.listSessions(createContext(principal, 'test'))).toMatchObject([
      { id: session, device: 'Firefox', address: '::1', current: true },
    ]);
  });

  test('a phone number is kept as given, by as many as give it, until the account is deleted', async () => {
    const phone = '+49 30 901-820';
    const made = await Promise.all(
      ['caller.1', 'caller.2'].map((username) => api.signUp(ctx, { username, password, phone }, {})),
    );
    expect(made.map(({ account }) => account.phone)).toEqual([phone, phone]);
    const { account, session } = await api.signIn(ctx, { login: 'caller.1', password }, {});
    expect(account.phone).toBe(phone);
    expect((await api.signUp(ctx, { username: 'silent' }, {})).account.phone).toBeNull();
    await expect(api.signUp(ctx, { username: 'wrong', phone: 'call me' }, {})).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(api.signIn(ctx, { login: phone, password }, {})).rejects.toMatchObject({ code: 'credentials.wrong' });
    const principal = { account: account.id, session, username: account.username, admin: false };
    await api.deleteAccount(createContext(principal, 'test'), password);
    const kept = await database.sql.query('select phone from identity.accounts where username = $1', ['caller.1']);
    expect(kept).toEqual([{ phone: null }]);
  });

  test('a username or address that is taken, in whatever case, is refused', async () => {
    await api.signUp(ctx, { username: 'taken', email: 'taken@x.org' }, {});
    const taken = { code: 'account.taken' };
    await expect(api.signUp(ctx, { username: 'TAKEN' }, {})).rejects.toMatchObject(taken);
    await expect(api.signUp(ctx, { username: 'other', email: 'TAKEN@X.org' }, {})).rejects.toMatchObject(taken);
    await api.signUp(ctx, { username: 'other' }, {});
  });

  test('without a username the e-mail address gives one, numbered if taken', async () => {
    const nameOf = async (email: string) => (await api.signUp(ctx, { email }, {})).account.username;
    expect(await nameOf('Bob.Smith+news@x.org')).toBe('bob.smith');
    expect(await nameOf('bob.smith@y.org')).toBe('bob.smith2');
    expect(await nameOf('ü@x.org')).toBe('user--');
    expect(await nameOf(`${'long'.repeat(10)}@x.org`)).toBe('long'.repeat(6));
    const many = await Promise.all(Array.from({ length: 8 }, (_, i) => nameOf(`popular@h${i}.org`)));
    expect(new Set(many).size).toBe(8);
    await expect(nameOf('BOB.smith@Y.org')).rejects.toMatchObject({ code: 'account.taken' });
    await expect(api.signUp(ctx, {}, {})).rejects.toMatchObject({ code: 'request.invalid' });
    // A configured administrator's name is not for whoever has such an address.
    expect((await api.signUp(ctx, { email: 'root.person@x.org' }, {})).account).toMatchObject({
      username: 'root.person2',
      name: 'root.person2',
      admin: false,
    });
  });

  test('of many sign-ups for one name at once exactly one wins', async () => {
    const all = Array.from({ length: 10 }, (_, i) => api.signUp(ctx, { username: 'wanted', email: `w${i}@x.org` }, {}));
    const results = await Promise.allSettled(all);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'account.taken' });
    }
  });

  test('bad input is refused with a message, never a crash', async () => {
    const bad = [
      { username: 'x' },
      { username: "x'; drop table identity.accounts; --" },
      { username: 'nul\0' },
      { username: 'fine', name: 'nul\0' },
      { username: 'fine', email: 'nul\0@x.org' },
      { username: 'fine', password: 'short' },
      { username: 'fine', password: 'nul in it\0' },
    ];
    for (const account of bad) {
      await expect(api.signUp(ctx, account, {})).rejects.toMatchObject({ code: 'request.invalid' });
    }
    // What a client says of itself never stands in the way.
    const device = `${'x'.repeat(500)}\0\ud800`;
    const signedIn = await api.signUp(ctx, { username: 'odd.device' }, { device });
    expect(await api.listSessions(await contextOf(identity, signedIn))).toMatchObject([{ device: 'x'.repeat(200) }]);
  });

  test('who stands in the list of administrators is one', async () => {
    const { account, tokens } = await api.signUp(ctx, { username: 'root.person' }, {});
    expect(account.admin).toBe(true);
    expect((await api.verifyAccess(ctx, tokens.access)).principal.admin).toBe(true);
  });
});

describe('accounts', () => {
  test('are found by id and by name, as asked', async () => {
    const [ann, ben] = await Promise.all([
      api.signUp(ctx, { username: 'ann' }, {}),
      api.signUp(ctx, { username: 'ben' }, {}),
    ]);
    const ids = [ben.account.id, createId<AccountId>(), ann.account.id, 'no id' as AccountId];
    expect((await api.getAccounts(ctx, ids)).map((account) => account.username)).toEqual(['ben', 'ann']);
    expect(await api.getAccounts(ctx, [])).toEqual([]);
    expect(await api.resolveUsernames(ctx, ['Ann', 'ben', 'nobody', 'nul\0'])).toEqual(
      new Map([
        ['Ann', ann.account.id],
        ['ben', ben.account.id],
      ]),
    );
  });
});

describe('bulk creation', () => {
  test('is for administrators', async () => {
    await expect(api.createAccounts(ctx, [])).rejects.toMatchObject({ code: 'token.missing' });
    const person = await contextOf(identity, await api.signUp(ctx, { username: 'plain.person' }, {}));
    await expect(api.createAccounts(person, [])).rejects.toMatchObject({ code: 'action.forbidden' });
  });

  test('answers each in its place', async () => {
    await api.signUp(ctx, { username: 'chief', password }, {});
    await identity.operator.setAdmin('Chief', true);
    const admin = await contextOf(identity, await api.signIn(ctx, { login: 'chief', password }, {}));
    const results = await api.createAccounts(admin, [
      { username: 'bulk.1', password },
      { username: 'x' },
      { username: 'BULK.1' },
      { username: 'bulk.2', name: 'Second' },
    ]);
    expect(results).toMatchObject([
      { account: { username: 'bulk.1' } },
      { code: 'request.invalid' },
      { code: 'account.taken' },
      { account: { username: 'bulk.2', name: 'Second' } },
    ]);
    await api.signIn(ctx, { login: 'bulk.1', password }, {});
    await expect(api.signIn(ctx, { login: 'bulk.2', password }, {})).rejects.toMatchObject({
      code: 'credentials.wrong',
    });
    const many = Array.from({ length: 1_001 }, (_, i) => ({ username: `many.${i}` }));
    await expect(api.createAccounts(admin, many)).rejects.toMatchObject({ code: 'request.invalid' });
    const made = await api.createAccounts(admin, many.slice(1));
    expect(made.filter((result) => 'account' in result)).toHaveLength(1_000);
  });
});

test('no secret is published, not even a hash', async () => {
  const published = await database.sql.query(
    `select tablename, attnames::text as columns from pg_publication_tables where pubname = 'parley_identity' order by 1`,
  );
  expect(published).toEqual([
    {
      tablename: 'accounts',
      columns: '{id,kind,username,name,email,email_verified,admin,suspended,created_at,deleted_at,phone}',
    },
    { tablename: 'sessions', columns: '{id,account_id,created_at,revoked_at,revoked_reason}' },
  ]);
});
