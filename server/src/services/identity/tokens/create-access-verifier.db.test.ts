import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import { type Failure, fail } from '../../../kernel/errors.ts';
import { type AccountId, createId, type SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { SessionRow } from '../../../model/identity-rows.ts';
import { type Bus, type BusRecord, topics } from '../../../ports/bus.ts';
import type { SignedIn } from '../api.ts';
import type { WholeIdentityApi } from '../trusted-api.ts';
import { type AccessVerifier, type AccessVerifierConfig, createAccessVerifier } from './create-access-verifier.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let verifier: AccessVerifier;
/** What the calls of identity fail with while it is away, or those that `awayFrom` names. */
let away: Failure | null = null;
let awayFrom: readonly string[] | null;
let calls: string[] = [];
let bus: ReturnType<typeof createStream>;
let warnings: string[];
let serial = 0;
const ctx = anonymous();
const unavailable = { code: 'service.unavailable' };
const revoked = { code: 'session.revoked' };

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});
beforeEach(() => {
  away = null;
  awayFrom = null;
  calls = [];
  warnings = [];
  bus = createStream();
  verifier = createVerifier({ retryMs: 5, askAgainMs: 5 });
});
afterEach(async () => verifier.unit.stop?.());

function createVerifier(config: Partial<AccessVerifierConfig>): AccessVerifier {
  return createAccessVerifier({
    identity: reached(identity.api),
    bus,
    clock: identity.clock,
    log: { ...silentLog, warn: (_fields, message) => void warnings.push(message) },
    config,
  });
}

/** Identity as another process reaches it: not always. */
function reached(api: WholeIdentityApi): WholeIdentityApi {
  return new Proxy(api, {
    get: (target, name: keyof WholeIdentityApi) => async (context: never, argument: never) => {
      calls.push(name);
      if (away && (awayFrom?.includes(name) ?? true)) throw away;
      return (target[name] as (context: never, argument: never) => unknown)(context, argument);
    },
  });
}

/** A change stream that a test feeds, or cuts. */
function createStream() {
  type Listen = Parameters<Bus['listen']>;
  let handler: Listen[1] = () => {};
  let onGap: Listen[2]['onGap'] = () => {};
  return {
    gap: () => void onGap(),
    async tell(row: SessionRow) {
      const source = {
        db: 'x',
        schema: 'identity',
        table: 'sessions',
        lsn: '1',
        ordinal: 0,
        incarnation: '1',
      } as const;
      const value = { before: null, after: row, source: { ...source, ts_ms: 0, snapshot: false }, op: 'u', ts_ms: 0 };
      await handler([{ topic: topics.identity, key: row.account_id, value } as BusRecord]);
    },
    async listen(_topics: Listen[0], listener: Listen[1], options: Listen[2]) {
      handler = listener;
      onGap = options.onGap;
      return { close: async () => {} };
    },
  };
}

const signUp = (): Promise<SignedIn> => identity.api.signUp(ctx, { username: `verified${++serial}` }, {});
const end = async (signedIn: SignedIn) =>
  identity.api.revokeSession(await contextOf(identity, signedIn), signedIn.session);
const verify = ({ tokens }: SignedIn) => verifier.verifyAccess(ctx, tokens.access);

test('says of a token what identity says, without asking it', async () => {
  const [signedIn, ended] = [await signUp(), await signUp()];
  await end(ended);
  await verifier.unit.start?.();
  calls = [];
  expect(await verify(signedIn)).toEqual(await identity.api.verifyAccess(ctx, signedIn.tokens.access));
  await expect(verify(ended)).rejects.toMatchObject(revoked);
  await expect(verifier.verifyAccess(ctx, 'x')).rejects.toMatchObject({ code: 'token.invalid' });
  expect(calls).toEqual([]);
});

test('refuses everybody until identity has said which sessions have ended, and asks until it has', async () => {
  const signedIn = await signUp();
  const { value: cookie } = await identity.api.createCookie(ctx, signedIn.session);
  away = fail('service.unavailable');
  awayFrom = ['listRevoked'];
  let started = false;
  const start = verifier.unit.start?.().then(() => {
    started = true;
  });
  while (calls.filter((name) => name === 'listRevoked').length < 3) await new Promise(setImmediate);
  expect(started).toBe(false);
  expect(warnings).toHaveLength(1);
  expect(verifier.unit.health?.()).toMatchObject({ status: 'down' });
  await expect(verify(signedIn)).rejects.toMatchObject(unavailable);
  await expect(verifier.resolveCookie(ctx, cookie)).rejects.toMatchObject(unavailable);
  away = null;
  await start;
  expect(verifier.unit.health?.()).toEqual({ status: 'ok' });
  await verify(signedIn);
  await verifier.resolveCookie(ctx, cookie);
});

test('a stop ends the waiting for identity', async () => {
  away = fail('service.unavailable');
  const start = verifier.unit.start?.();
  await verifier.unit.stop?.();
  await start;
  await expect(verifier.verifyAccess(ctx, 'x')).rejects.toMatchObject(unavailable);
});

test('valid tokens and cookies go on working while identity is away, ended ones do not', async () => {
  const [signedIn, ended] = [await signUp(), await signUp()];
  const { value: cookie } = await identity.api.createCookie(ctx, signedIn.session);
  const { value: endedCookie } = await identity.api.createCookie(ctx, ended.session);
  await verifier.unit.start?.();
  const { principal } = await verifier.resolveCookie(ctx, cookie);
  await verifier.resolveCookie(ctx, endedCookie);
  away = fail('service.timeout');
  identity.clock.advance(40_000);
  verifier.onRevoked(ended.account.id, [ended.session]);
  await verify(signedIn);
  expect((await verifier.resolveCookie(ctx, cookie)).principal).toEqual(principal);
  await expect(verify(ended)).rejects.toMatchObject(revoked);
  await expect(verifier.resolveCookie(ctx, endedCookie)).rejects.toMatchObject(revoked);
  // One it has never seen cannot be told from an invented one.
  await expect(verifier.resolveCookie(ctx, 'another')).rejects.toMatchObject({ code: 'service.timeout' });
  identity.clock.advance(600_000);
  await expect(verifier.resolveCookie(ctx, cookie)).rejects.toMatchObject({ code: 'service.timeout' });
  await expect(verify(signedIn)).rejects.toMatchObject({ code: 'token.expired' });
});

test('a cookie is asked about now and then, and not more often', async () => {
  const signedIn = await signUp();
  const { value: cookie } = await identity.api.createCookie(ctx, signedIn.session);
  await verifier.unit.start?.();
  calls = [];
  for (let i = 0; i < 3; i++) await verifier.resolveCookie(ctx, cookie);
  expect(calls).toEqual(['resolveCookie']);
  identity.clock.advance(31_000);
  await verifier.resolveCookie(ctx, cookie);
  expect(calls).toEqual(['resolveCookie', 'resolveCookie']);
  identity.clock.advance(61_000);
  await identity.api.createCookie(ctx, signedIn.session);
  await expect(verifier.resolveCookie(ctx, cookie)).rejects.toMatchObject({ code: 'token.invalid' });
});

test('a revocation comes with the change stream, with its reason even after the direct call', async () => {
  const [one, two] = [await signUp(), await signUp()];
  await verifier.unit.start?.();
  for (const signedIn of [one, two]) await verify(signedIn);
  const row = (signedIn: SignedIn, reason: SessionRow['revoked_reason']): SessionRow => ({
    id: signedIn.session,
    account_id: signedIn.account.id,
    created_at: new Date().toISOString(),
    revoked_at: reason && new Date().toISOString(),
    revoked_reason: reason,
  });
  await bus.tell(row(one, null));
  await verify(one);
  await bus.tell(row(one, 'signed-out'));
  await expect(verify(one)).rejects.toMatchObject(revoked);
  verifier.onRevoked(two.account.id, [two.session]);
  await expect(verify(two)).rejects.toMatchObject(revoked);
  await bus.tell(row(two, 'suspended'));
  await expect(verify(two)).rejects.toMatchObject({ code: 'account.suspended' });
});

test.each([
  ['a gap in the change stream', () => bus.gap()],
  ['a direct call that names no session', () => verifier.onRevoked(createId<AccountId>(), 'all')],
])('after %s identity is asked again, until it answers', async (_what, doubt) => {
  const signedIn = await signUp();
  await verifier.unit.start?.();
  await end(signedIn);
  await verify(signedIn);
  away = fail('service.unavailable');
  doubt();
  while (warnings.length === 0) await new Promise(setImmediate);
  expect(verifier.unit.health?.()).toMatchObject({ status: 'degraded' });
  // Known good as far as anybody here knows: identity being away shuts nobody out.
  await verify(signedIn);
  away = null;
  while (verifier.unit.health?.().status !== 'ok') await new Promise(setImmediate);
  await expect(verify(signedIn)).rejects.toMatchObject(revoked);
});

test('a key made since is fetched; invented keys become no flood of questions', async () => {
  await verifier.unit.start?.();
  const other = await startTestIdentity(database.sql, { clock: identity.clock });
  await other.operator.rotateSigningKey();
  const later = await other.api.signUp(ctx, { username: `verified${++serial}` }, {});
  await verify(later);
  calls = [];
  const [, payload, signature] = later.tokens.access.split('.');
  const invented = (kid: string) => {
    const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url');
    return verifier.verifyAccess(ctx, `${head}.${payload}.${signature}`);
  };
  const answers = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => invented(`invented-${i}`)));
  for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'token.invalid' } });
  expect(calls).toEqual(['jwks']);
  away = fail('service.unavailable');
  await expect(invented('unknown')).rejects.toMatchObject(unavailable);
  await verify(later);
  await other.stop();
});

test('identity is not asked about an unknown key before its time has come', async () => {
  const patient = createVerifier({ askAgainMs: 3_600_000 });
  await patient.unit.start?.();
  const signedIn = await signUp();
  calls = [];
  const [, payload, signature] = signedIn.tokens.access.split('.');
  const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'invented' })).toString('base64url');
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const invented = patient.verifyAccess(ctx, `${head}.${payload}.${signature}`).catch((error: Failure) => error.code);
  // Known keys do not wait for unknown ones.
  await patient.verifyAccess(ctx, signedIn.tokens.access);
  // it has been counting since its start
  await vi.advanceTimersByTimeAsync(3_000_000);
  expect(calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect(await invented).toBe('token.invalid');
  expect(calls).toEqual(['jwks']);
  await patient.unit.stop?.();
});

test('an unknown session of another principal is not mixed up with an ended one', async () => {
  const [one, two] = [await signUp(), await signUp()];
  await verifier.unit.start?.();
  verifier.onRevoked(one.account.id, [createId<SessionId>(), one.session]);
  expect((await verify(two)).principal.account).toBe(two.account.id);
});
