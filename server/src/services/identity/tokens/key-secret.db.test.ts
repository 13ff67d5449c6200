import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test-support/database.ts';
import { anonymous, startTestIdentity, type TestIdentity } from '../../../../test-support/identity.ts';

const ctx = anonymous();
let database: TestDatabase;
const started: TestIdentity[] = [];

beforeEach(async () => {
  database = await openTestDatabase(['identity']);
});
afterEach(async () => {
  for (const each of started.splice(0)) await each.stop();
  await database.close();
});

async function start(...keySecrets: string[]): Promise<TestIdentity> {
  const identity = await startTestIdentity(database.sql, { config: { keySecrets } });
  started.push(identity);
  return identity;
}
const stored = async () =>
  (await database.sql.query<{ private_jwk: string }>('select private_jwk from identity.signing_keys order by kid')).map(
    (row) => row.private_jwk,
  );
const sealed = /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/;

describe('the secret of the signing keys', () => {
  test('a new key is stored sealed, and signs after a restart with the same secret', async () => {
    const { api } = await start('a first secret!!');
    const { tokens } = await api.signUp(ctx, { username: 'ada' }, {});
    expect(await stored()).toEqual([expect.stringMatching(sealed)]);
    await (await start('a first secret!!')).api.verifyAccess(ctx, tokens.access);
  });

  test('keys that were plain are sealed when it is first given, and tokens stay good', async () => {
    const plain = await start();
    const { tokens } = await plain.api.signUp(ctx, { username: 'ada' }, {});
    await plain.operator.rotateSigningKey();
    expect((await stored()).filter((text) => text.startsWith('{'))).toHaveLength(2);
    const { api } = await start('a first secret!!');
    expect(await stored()).toEqual([expect.stringMatching(sealed), expect.stringMatching(sealed)]);
    await api.verifyAccess(ctx, tokens.access);
    // One that runs on without the secret, until it is replaced, knows them already.
    await plain.api.verifyAccess(ctx, tokens.access);
    expect(await plain.api.jwks(ctx)).toEqual(await api.jwks(ctx));
  });

  test('a key that verifies nothing any more is not kept plain', async () => {
    const plain = await start();
    await plain.operator.rotateSigningKey();
    const long = "update identity.signing_keys set retired_at = now() - interval '1 day' where retired_at is not null";
    await database.sql.query(long);
    await start('a first secret!!');
    expect(await stored()).toEqual([expect.stringMatching(sealed)]);
  });

  test.each([
    ['missing', []],
    ['another', ['a wrong secret!!']],
  ])('a secret that is %s refuses the start, says what to do, and changes nothing', async (_, secrets) => {
    await start('a first secret!!');
    // too old: a start would make a new one
    await database.sql.query("update identity.signing_keys set created_at = now() - interval '91 days'");
    const before = await stored();
    await expect(start(...secrets)).rejects.toThrow(/PARLEY_KEY_SECRET/);
    expect(await stored()).toEqual(before);
  });

  test('it is changed by giving the new one before the old one', async () => {
    const { tokens } = await (await start('a first secret!!')).api.signUp(ctx, { username: 'ada' }, {});
    await start('another secret!!', 'a first secret!!');
    const { api } = await start('another secret!!');
    await api.verifyAccess(ctx, tokens.access);
    await expect(start('a first secret!!')).rejects.toThrow(/PARLEY_KEY_SECRET/);
  });

  test('lost with its keys deleted, sessions go on with tokens of a new key', async () => {
    const before = await start('a first secret!!');
    const { tokens } = await before.api.signUp(ctx, { username: 'ada' }, {});
    await database.sql.query('delete from identity.signing_keys');
    const { api } = await start('another secret!!');
    await expect(api.verifyAccess(ctx, tokens.access)).rejects.toMatchObject({ code: 'token.invalid' });
    await api.verifyAccess(ctx, (await api.refresh(ctx, tokens.refresh)).access);
  });
});
