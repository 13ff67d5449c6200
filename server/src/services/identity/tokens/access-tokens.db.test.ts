import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { anonymous, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';
import type { SignedIn } from '../api.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let signedIn: SignedIn;
const ctx = anonymous();
const invalid = { code: 'token.invalid' };

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  signedIn = await identity.api.signUp(ctx, { username: 'ada' }, {});
});
afterAll(async () => {
  await identity.stop();
  await database.close();
});

const verify = (token: string) => identity.api.verifyAccess(ctx, token);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (token: string) => token.split('.') as [string, string, string];
const kidOf = (token: string) => decodeProtectedHeader(token).kid as string;

test('a stranger can verify a token with the published keys alone', async () => {
  const { keys } = await identity.api.jwks(ctx);
  const { access } = signedIn.tokens;
  const jwk = (keys as JWK[]).find((key) => key.kid === kidOf(access)) as JWK;
  expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  const { payload } = await jwtVerify(access, await importJWK(jwk, 'ES256'));
  expect(payload).toMatchObject({ sub: signedIn.account.id, sid: signedIn.session, username: 'ada', iss: 'parley' });
  expect((payload.exp as number) - (payload.iat as number)).toBe(600);
});

describe('a forged token is refused', () => {
  const claims = () => ({
    sid: signedIn.session,
    username: 'ada',
    admin: true,
    iss: 'parley',
    sub: signedIn.account.id,
  });
  const soon = () => Math.floor(Date.now() / 1_000) + 600;

  test('without a signature', async () => {
    const [, payload] = partsOf(signedIn.tokens.access);
    const kid = kidOf(signedIn.tokens.access);
    for (const alg of ['none', 'None', 'NONE'])
      await expect(verify(`${encode({ alg, kid })}.${payload}.`)).rejects.toMatchObject(invalid);
  });

  test('signed with the public key as if it were a shared secret', async () => {
    const { keys } = await identity.api.jwks(ctx);
    const head = encode({ alg: 'HS256', kid: kidOf(signedIn.tokens.access) });
    const body = encode({ ...claims(), exp: soon() });
    const mac = createHmac('sha256', JSON.stringify(keys[0])).update(`${head}.${body}`).digest('base64url');
    await expect(verify(`${head}.${body}.${mac}`)).rejects.toMatchObject(invalid);
  });

  test('signed with another key, under a known, an unknown and no kid, or with its own key inside', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const headers = [
      { kid: kidOf(signedIn.tokens.access) },
      { kid: 'unknown' },
      {},
      { jwk },
      { jku: 'http://127.0.0.1/' },
    ];
    for (const header of headers) {
      const token = await new SignJWT({ ...claims(), exp: soon() })
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(privateKey);
      await expect(verify(token)).rejects.toMatchObject(invalid);
    }
  });

  test('changed in any place', async () => {
    const [head, body, signature] = partsOf(signedIn.tokens.access);
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    await expect(verify(`${head}.${encode({ ...payload, admin: true })}.${signature}`)).rejects.toMatchObject(invalid);
    await verify(signedIn.tokens.access);
  });

  test('of the wrong shape, though signed by us', async () => {
    const [row] = await database.sql.query<{ kid: string; private_jwk: string }>('select * from identity.signing_keys');
    const key = await importJWK(JSON.parse(row?.private_jwk ?? ''), 'ES256');
    const sign = (payload: object) =>
      new SignJWT({ ...payload }).setProtectedHeader({ alg: 'ES256', kid: row?.kid ?? '' }).sign(key);
    await verify(await sign({ ...claims(), exp: soon() }));
    for (const wrong of [
      { sub: 'x' },
      { sid: 1 },
      { username: null },
      { admin: 'yes' },
      { iss: 'other' },
      { exp: undefined },
    ]) {
      await expect(verify(await sign({ ...claims(), exp: soon(), ...wrong }))).rejects.toMatchObject(invalid);
    }
  });

  test('whatever it looks like', async () => {
    const [head, body, signature] = partsOf(signedIn.tokens.access);
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.constantFrom(head, body, signature, encode({})),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
        const token = pieces.join('.');
        fc.pre(token !== signedIn.tokens.access);
        await expect(verify(token)).rejects.toMatchObject(invalid);
      }),
    );
    await expect(verify('x'.repeat(100_000))).rejects.toMatchObject(invalid);
  });
});

test('a token expires, remembered or not', async () => {
  const other = await startTestIdentity(database.sql);
  const { tokens } = await other.api.signUp(ctx, { username: 'expires' }, {});
  const { expiresAt } = await other.api.verifyAccess(ctx, tokens.access);
  expect(Math.abs(expiresAt - other.clock.wall() - 600_000)).toBeLessThan(5_000);
  other.clock.advance(601_000);
  await expect(other.api.verifyAccess(ctx, tokens.access)).rejects.toMatchObject({ code: 'token.expired' });
  await expect(other.api.verifyAccess(ctx, tokens.access)).rejects.toMatchObject({ code: 'token.expired' });
  await other.stop();
});

describe('signing keys', () => {
  test('processes that start together on an empty database agree on one', async () => {
    const empty = await openTestDatabase(['identity']);
    const processes = await Promise.all(Array.from({ length: 4 }, () => startTestIdentity(empty.sql)));
    const sets = await Promise.all(processes.map((each) => each.api.jwks(ctx)));
    for (const { keys } of sets) expect(keys).toEqual(sets[0]?.keys);
    expect(sets[0]?.keys).toHaveLength(1);
    for (const each of processes) await each.stop();
    await empty.close();
  });

  test('after a rotation old tokens verify and new ones carry the new key, in every process', async () => {
    const other = await startTestIdentity(database.sql);
    const before = signedIn.tokens.access;
    await identity.operator.rotateSigningKey();
    const after = (await identity.api.refresh(ctx, signedIn.tokens.refresh)).access;
    expect(kidOf(after)).not.toBe(kidOf(before));
    await verify(before);
    await verify(after);
    expect((await identity.api.jwks(ctx)).keys).toHaveLength(2);
    // Another process learns of the key when it first meets it, at most every few seconds.
    await expect(other.api.verifyAccess(ctx, after)).rejects.toMatchObject(invalid);
    other.clock.advance(6_000);
    await other.api.verifyAccess(ctx, after);
    await other.stop();
  });

  test('a key too old is replaced at the start, and a retired one vanishes in the end', async () => {
    await database.sql.query("update identity.signing_keys set created_at = created_at - interval '91 days'");
    await database.sql.query(
      "update identity.signing_keys set retired_at = now() - interval '1 day' where retired_at is not null",
    );
    const later = await startTestIdentity(database.sql);
    const { keys } = await later.api.jwks(ctx);
    expect(keys).toHaveLength(2);
    await later.stop();
  });
});
