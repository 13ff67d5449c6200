import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import type { IdentityApi, SignedIn } from '../api.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let api: IdentityApi;
let serial = 0;
const ctx = anonymous();
const password = 'correct horse';
const newPassword = 'battery staple';
const invalid = { code: 'token.invalid' };
const wrong = { code: 'credentials.wrong' };

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  api = identity.api;
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});

/** Signed up, with the code of the verification mail. */
async function signUp(): Promise<SignedIn & { readonly email: string; readonly code: string }> {
  const username = `person${++serial}`;
  const email = `${username}@x.org`;
  const signedIn = await api.signUp(ctx, { username, email, password }, {});
  return { ...signedIn, email, code: await identity.mailbox.takeCode(email) };
}

const isDead = (signedIn: SignedIn) =>
  expect(api.verifyAccess(ctx, signedIn.tokens.access)).rejects.toMatchObject({ code: 'session.revoked' });

async function recover(email: string): Promise<string> {
  await api.requestRecovery(ctx, email);
  return identity.mailbox.takeCode(email);
}

const expireCodes = () => database.sql.query("update identity.codes set expires_at = now() - interval '1 second'");

describe('verification', () => {
  test('by the mailed code, once', async () => {
    const { account, code } = await signUp();
    await api.checkCode(ctx, code);
    await api.verifyEmail(ctx, ` ${code} `);
    expect(await api.getAccounts(ctx, [account.id])).toMatchObject([{ emailVerified: true }]);
    await expect(api.verifyEmail(ctx, code)).rejects.toMatchObject(invalid);
    await expect(api.checkCode(ctx, code)).rejects.toMatchObject(invalid);
  });

  test('a new code can be asked for, until the address is verified', async () => {
    const { account, code, email } = await signUp();
    await api.requestVerification(ctx, email.toUpperCase());
    const again = await identity.mailbox.takeCode(email);
    await expect(api.verifyEmail(ctx, code)).rejects.toMatchObject(invalid);
    await api.verifyEmail(ctx, again);
    expect(await api.getAccounts(ctx, [account.id])).toMatchObject([{ emailVerified: true }]);
    await api.requestVerification(ctx, 'nobody@x.org');
  });

  test('not by a wrong, an expired or another kind of code', async () => {
    const { account, code, email } = await signUp();
    for (const text of ['', 'x', 'nul\0', await recover(email)]) {
      await expect(api.verifyEmail(ctx, text)).rejects.toMatchObject(invalid);
    }
    await expireCodes();
    await expect(api.verifyEmail(ctx, code)).rejects.toMatchObject(invalid);
    expect(await api.getAccounts(ctx, [account.id])).toMatchObject([{ emailVerified: false }]);
  });
});

describe('recovery', () => {
  test('sets a password, ends all sessions and proves the address', async () => {
    const before = await signUp();
    await api.requestRecovery(ctx, before.email.toUpperCase());
    const code = await identity.mailbox.takeCode(before.email);
    await api.resetPassword(ctx, { code, password: newPassword });
    await isDead(before);
    const login = before.account.username;
    await expect(api.signIn(ctx, { login, password }, {})).rejects.toMatchObject(wrong);
    const { account } = await api.signIn(ctx, { login, password: newPassword }, {});
    expect(account.emailVerified).toBe(true);
    await expect(api.resetPassword(ctx, { code, password })).rejects.toMatchObject(invalid);
  });

  test('a new code replaces the one before, and a refused password uses none up', async () => {
    const { email } = await signUp();
    const [first, second] = [await recover(email), await recover(email)];
    await expect(api.resetPassword(ctx, { code: first, password: newPassword })).rejects.toMatchObject(invalid);
    await expect(api.resetPassword(ctx, { code: second, password: 'short' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await api.resetPassword(ctx, { code: second, password: newPassword });
  });

  test('says the same of an unknown address, and mails nobody', async () => {
    await api.requestRecovery(ctx, 'nobody@x.org');
    await expect(api.requestRecovery(ctx, 'no address')).rejects.toMatchObject({ code: 'request.invalid' });
    const { email } = await signUp();
    await recover(email);
    expect(identity.mailbox.unread).toEqual([]);
  });

  test('an expired code is refused', async () => {
    const { email } = await signUp();
    const code = await recover(email);
    await expireCodes();
    await expect(api.resetPassword(ctx, { code, password: newPassword })).rejects.toMatchObject(invalid);
  });

  test('asked for too often no further mail is sent, nobody is told, and the code of the last one is good', async () => {
    const { email } = await signUp();
    let code = '';
    for (let i = 0; i < 5; i++) code = await recover(email);
    await api.requestRecovery(ctx, email.toUpperCase());
    await api.requestRecovery(ctx, email);
    // A later mail has come: those before it would have.
    await recover((await signUp()).email);
    expect(identity.mailbox.unread).toEqual([]);
    await api.resetPassword(ctx, { code, password: newPassword });
  });
});

describe('change of password', () => {
  test('needs the old one and ends all other sessions', async () => {
    const other = await signUp();
    const login = other.account.username;
    const current = await api.signIn(ctx, { login, password }, {});
    const caller = await contextOf(identity, current);
    const change = (oldPassword: string, next: string) =>
      api.changePassword(caller, { oldPassword, newPassword: next });
    await expect(change('wrong horse', newPassword)).rejects.toMatchObject(wrong);
    await expect(change(password, 'short')).rejects.toMatchObject({ code: 'request.invalid' });
    await change(password, newPassword);
    await isDead(other);
    await api.verifyAccess(ctx, current.tokens.access);
    await expect(api.signIn(ctx, { login, password }, {})).rejects.toMatchObject(wrong);
    await api.signIn(ctx, { login, password: newPassword }, {});
  });

  test('a sign-in with the old password cannot slip through beside it', async () => {
    const { account, tokens } = await signUp();
    const caller = await contextOf(identity, { tokens } as SignedIn);
    const login = account.username;
    const results = await Promise.allSettled([
      api.changePassword(caller, { oldPassword: password, newPassword }),
      ...Array.from({ length: 8 }, () => api.signIn(ctx, { login, password }, {})),
    ]);
    expect(results[0]?.status).toBe('fulfilled');
    // Whoever came in before has been put out, whoever came after was refused: only the caller is left.
    expect(await api.listSessions(caller)).toMatchObject([{ current: true }]);
  });
});

describe('deletion', () => {
  test('needs the password, ends everything, and the username is never given again', async () => {
    const signedIn = await signUp();
    const { account, email } = signedIn;
    const caller = await contextOf(identity, signedIn);
    const code = await recover(email);
    await expect(api.deleteAccount(caller, 'wrong horse')).rejects.toMatchObject(wrong);
    await api.deleteAccount(caller, password);
    await isDead(signedIn);
    expect(await api.getAccounts(ctx, [account.id])).toEqual([]);
    expect(await api.resolveUsernames(ctx, [account.username])).toEqual(new Map());
    await expect(api.signIn(ctx, { login: account.username, password }, {})).rejects.toMatchObject(wrong);
    await expect(api.resetPassword(ctx, { code, password: newPassword })).rejects.toMatchObject(invalid);
    await expect(api.signUp(ctx, { username: account.username }, {})).rejects.toMatchObject({ code: 'account.taken' });
    await api.signUp(ctx, { username: `next${serial}`, email }, {});
    const [row] = await database.sql.query('select name, email from identity.accounts where id = $1', [account.id]);
    expect(row).toEqual({ name: '', email: null });
  });
});
