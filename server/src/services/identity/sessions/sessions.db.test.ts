import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import { createMemoryBus } from '../../../adapters/bus/memory/create-memory-bus.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { createContext } from '../../../kernel/context.ts';
import { createId, type SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import type { SessionRow } from '../../../model/identity-rows.ts';
import { topics } from '../../../ports/bus.ts';
import type { SignedIn } from '../api.ts';
import { createIdentity } from '../module.ts';
import type { WholeIdentityApi } from '../trusted-api.ts';
import { createRefreshToken } from './opaque-tokens.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let api: WholeIdentityApi;
let serial = 0;
const ctx = anonymous();
const password = 'correct horse';
const revoked = { code: 'session.revoked' };
const invalid = { code: 'token.invalid' };

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  api = identity.api;
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});

const signUp = (): Promise<SignedIn> => api.signUp(ctx, { username: `person${++serial}`, password }, {});

async function expectDead({ session, tokens }: SignedIn): Promise<void> {
  await expect(api.verifyAccess(ctx, tokens.access)).rejects.toMatchObject(revoked);
  await expect(api.refresh(ctx, tokens.refresh)).rejects.toMatchObject(revoked);
  expect(await api.checkSession(ctx, session)).toBe(false);
}

test('connections are told directly of what has ended, and only of that', async () => {
  const told: unknown[] = [];
  const { api: own, unit } = createIdentity({
    sql: database.sql,
    bus: createMemoryBus({ log: silentLog }),
    mailer: { send: async () => {} },
    log: silentLog,
    metrics: noMetrics,
    clock: systemClock,
    onRevoked: async (account, sessions) => void told.push([account, sessions]),
  });
  await unit.start?.();
  const { account, session } = await own.signUp(ctx, { username: `person${++serial}`, password }, {});
  const principal = { account: account.id, session, username: account.username, admin: false };
  const caller = createContext(principal, 'test');
  await own.revokeSession(caller, createId<SessionId>());
  expect(told).toEqual([]);
  await own.revokeSession(caller, session);
  expect(told).toEqual([[account.id, [session]]]);
  await unit.stop?.();
});

describe('refresh', () => {
  test('rotates, and the new tokens work', async () => {
    const { tokens, session } = await signUp();
    const next = await api.refresh(ctx, tokens.refresh);
    expect(next.refresh).not.toBe(tokens.refresh);
    expect((await api.verifyAccess(ctx, next.access)).principal.session).toBe(session);
    await api.refresh(ctx, next.refresh);
  });

  test('a used token ends the whole session, its newest tokens included', async () => {
    const signedIn = await signUp();
    const next = await api.refresh(ctx, signedIn.tokens.refresh);
    await expect(api.refresh(ctx, signedIn.tokens.refresh)).rejects.toMatchObject(revoked);
    await expectDead({ ...signedIn, tokens: next });
  });

  test('of two refreshes at once one wins, and the session is over', async () => {
    const signedIn = await signUp();
    const both = [api.refresh(ctx, signedIn.tokens.refresh), api.refresh(ctx, signedIn.tokens.refresh)];
    const results = await Promise.allSettled(both);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expectDead(signedIn);
  });

  const key = 'a secret of the client';

  test('a repeat with the same key is answered again, until the answer is used', async () => {
    const signedIn = await signUp();
    const { tokens, session } = signedIn;
    const first = await api.refresh(ctx, tokens.refresh, key);
    const again = await api.refresh(ctx, tokens.refresh, key);
    expect(again.refresh).toBe(first.refresh);
    expect((await api.verifyAccess(ctx, again.access)).principal.session).toBe(session);
    const next = await api.refresh(ctx, first.refresh, 'the secret of the next');
    await expect(api.refresh(ctx, tokens.refresh, key)).rejects.toMatchObject(revoked);
    await expectDead({ ...signedIn, tokens: next });
  });

  test('two at once with the same key get the same token', async () => {
    const { tokens } = await signUp();
    const [one, other] = await Promise.all([1, 2].map(() => api.refresh(ctx, tokens.refresh, key)));
    expect(one?.refresh).toBe(other?.refresh);
    await api.refresh(ctx, other?.refresh as string);
  });

  test.each([
    ['no key', undefined],
    ['another key', 'what a thief may guess'],
  ])('a repeat with %s ends the session', async (_, wrong) => {
    const signedIn = await signUp();
    const next = await api.refresh(ctx, signedIn.tokens.refresh, key);
    await expect(api.refresh(ctx, signedIn.tokens.refresh, wrong)).rejects.toMatchObject(revoked);
    await expectDead({ ...signedIn, tokens: next });
  });

  test('a key saves no token that was used without one', async () => {
    const signedIn = await signUp();
    const next = await api.refresh(ctx, signedIn.tokens.refresh);
    await expect(api.refresh(ctx, signedIn.tokens.refresh, key)).rejects.toMatchObject(revoked);
    await expectDead({ ...signedIn, tokens: next });
  });

  test('an invented token is refused and harms nobody', async () => {
    const { session, tokens } = await signUp();
    const cases = [
      '',
      'x',
      tokens.access,
      createRefreshToken(session).text,
      createRefreshToken(createId<SessionId>()).text,
    ];
    for (const text of cases) await expect(api.refresh(ctx, text)).rejects.toMatchObject(invalid);
    await api.refresh(ctx, tokens.refresh);
  });

  test('a session nobody has used for thirty days is over', async () => {
    const { session, tokens } = await signUp();
    await database.sql.query(
      "update identity.session_secrets set last_seen_at = now() - interval '31 days' where session_id = $1",
      [session],
    );
    await expect(api.refresh(ctx, tokens.refresh)).rejects.toMatchObject(revoked);
  });
});

describe('revocation', () => {
  test('of a session is at once, and only of that one', async () => {
    const first = await signUp();
    const second = await api.signIn(ctx, { login: first.account.username, password }, {});
    const { value } = await api.createCookie(ctx, first.session);
    await api.resolveCookie(ctx, value);
    const caller = await contextOf(identity, second);
    expect((await api.listSessions(caller)).map(({ id }) => id).sort()).toEqual([first.session, second.session].sort());
    await api.revokeSession(caller, first.session);
    await expectDead(first);
    await expect(api.resolveCookie(ctx, value)).rejects.toMatchObject(revoked);
    await expect(api.createCookie(ctx, first.session)).rejects.toMatchObject(revoked);
    await api.verifyAccess(ctx, second.tokens.access);
    expect(await api.listSessions(caller)).toMatchObject([{ id: second.session, current: true }]);
  });

  test("somebody else's session is left alone, an unknown one is no error", async () => {
    const [victim, other] = [await signUp(), await signUp()];
    const caller = await contextOf(identity, other);
    for (const id of [victim.session, createId<SessionId>(), 'nothing' as SessionId])
      await api.revokeSession(caller, id);
    await api.verifyAccess(ctx, victim.tokens.access);
    expect(await api.checkSession(ctx, victim.session)).toBe(true);
    await expect(api.revokeSession(ctx, victim.session)).rejects.toMatchObject({ code: 'token.missing' });
  });

  test('reaches another process with the change stream, and a later one from the table', async () => {
    const other = await startTestIdentity(database.sql);
    const signedIn = await signUp();
    const { value: cookie } = await api.createCookie(ctx, signedIn.session);
    await other.api.verifyAccess(ctx, signedIn.tokens.access);
    await other.api.resolveCookie(ctx, cookie);
    await api.revokeSession(await contextOf(identity, signedIn), signedIn.session);
    const [row] = await database.sql.query<SessionRow>(
      'select id, account_id, created_at, revoked_at, revoked_reason from identity.sessions where id = $1',
      [signedIn.session],
    );
    const source = { db: 'x', schema: 'identity', table: 'sessions', lsn: '1', ordinal: 0, incarnation: '1' } as const;
    await other.bus.publish([
      {
        topic: topics.identity,
        key: signedIn.account.id,
        value: {
          before: null,
          after: row as SessionRow,
          source: { ...source, ts_ms: 0, snapshot: false },
          op: 'u',
          ts_ms: 0,
        },
      },
    ]);
    await expect(other.api.verifyAccess(ctx, signedIn.tokens.access)).rejects.toMatchObject(revoked);
    await expect(other.api.resolveCookie(ctx, cookie)).rejects.toMatchObject(revoked);
    await other.stop();

    const later = await startTestIdentity(database.sql);
    await expect(later.api.verifyAccess(ctx, signedIn.tokens.access)).rejects.toMatchObject(revoked);
    await later.stop();
  });

  test('is listed with its reason for as long as a token of it may live, whoever ended it', async () => {
    const [signedOut, suspended, alive, old] = [await signUp(), await signUp(), await signUp(), await signUp()];
    await api.revokeSession(await contextOf(identity, signedOut), signedOut.session);
    await api.revokeSession(await contextOf(identity, old), old.session);
    await identity.operator.setSuspended(suspended.account.id, true);
    await database.sql.query("update identity.sessions set revoked_at = now() - interval '12 minutes' where id = $1", [
      old.session,
    ]);
    const { keepMs, sessions } = await api.listRevoked(ctx);
    expect(keepMs).toBe(660_000);
    const byId = new Map(sessions.map((revoked) => [revoked.session, revoked]));
    expect(byId.get(signedOut.session)).toMatchObject({ reason: 'signed-out' });
    expect(byId.get(suspended.session)).toMatchObject({ reason: 'suspended' });
    expect(Math.abs((byId.get(suspended.session)?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(byId.has(alive.session)).toBe(false);
    expect(byId.has(old.session)).toBe(false);
  });

  test('thousands of questions at once are each answered truly', async () => {
    const alive = await signUp();
    const asked = Array.from({ length: 3_000 }, (_, i) => (i % 3 === 0 ? alive.session : createId<SessionId>()));
    const answers = await Promise.all(asked.map((session) => api.checkSession(ctx, session)));
    expect(answers).toEqual(asked.map((session) => session === alive.session));
    expect(await api.checkSession(ctx, 'nothing' as SessionId)).toBe(false);
  });
});

describe('the cookie', () => {
  test('stands for its session, and a new one replaces it', async () => {
    const { session, account } = await signUp();
    const first = await api.createCookie(ctx, session);
    expect(first.maxAgeSeconds).toBe(30 * 86_400);
    const { principal, expiresAt } = await api.resolveCookie(ctx, first.value);
    expect(principal).toEqual({ account: account.id, session, username: account.username, admin: false });
    expect(expiresAt).toBeGreaterThan(Date.now());
    const second = await api.createCookie(ctx, session);
    await api.resolveCookie(ctx, second.value);
    identity.clock.advance(61_000);
    await expect(api.resolveCookie(ctx, first.value)).rejects.toMatchObject(invalid);
    await api.resolveCookie(ctx, second.value);
  });

  test('an invented one is refused', async () => {
    for (const value of ['', 'x', 'A'.repeat(64), `${'A'.repeat(63)}=`]) {
      await expect(api.resolveCookie(ctx, value)).rejects.toMatchObject(invalid);
    }
    await expect(api.createCookie(ctx, createId<SessionId>())).rejects.toMatchObject(revoked);
  });
});
