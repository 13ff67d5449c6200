import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import { createCallLimits } from '../../shared/limits/call-limits.ts';
import { limitServices } from '../../shared/limits/limit-services.ts';
import type { Rates } from '../../shared/limits/rates.ts';
import { createExchange, createResolvers, type GqlDeps } from './resolvers.ts';
import { schema } from './schema.ts';

const id = '0190aaaa-0000-7000-8000-000000000001' as AccountId;
const account = {
  id,
  username: 'alice',
  email: 'a@x.org',
  emailVerified: false,
  phone: null,
  createdAt: '2026-01-31T12:00:00.000Z',
};

/** Asks as a stranger; writes down who signed up. */
function createGql(rates: Partial<Rates> = {}) {
  const signedUp: unknown[] = [];
  const services = {
    identity: {
      signUp: async (_ctx: unknown, given: { readonly email: string }) => {
        signedUp.push(given.email);
        const tokens = { access: 'access', refresh: 'refresh', expiresIn: 600 };
        return { account, session: id as unknown as SessionId, tokens };
      },
    },
    people: {
      updateOwn: async (_ctx: unknown, { name, avatar }: { readonly name: string; readonly avatar: string | null }) => {
        if (avatar === 'cat.png') throw fail('request.invalid', 'An avatar is the id of an attachment.');
        return { id, username: 'alice', name, about: null, avatar };
      },
    },
    chat: {},
  } as unknown as GqlDeps;
  const deps = {
    ...limitServices(services, createCallLimits(rates)),
    origins: { allowedOrigins: [], trustProxy: false },
  } as unknown as GqlDeps;
  const rootValue = createResolvers(deps);
  const ask = async (source: string) => {
    const contextValue = createExchange(deps, { method: 'POST', headers: {}, id: 'r', ip: '127.0.0.1' });
    const { data, errors } = await graphql({ schema, source, rootValue, contextValue });
    return { data: JSON.parse(JSON.stringify(data)), errors };
  };
  return { ask, signedUp };
}

const signUp = (given: string) => `mutation {
  SignUpAndCreateProfile(email: "a@x.org", password: "Password@123", clientId: "c", ${given}) {
    account { id } profile { name about photoPath } token { access }
  }
}`;

test('who signs up with a profile has both', async () => {
  const photoPath = 'https://example.org/a.png';
  const { data, errors } = await createGql().ask(signUp(`name: "Alice", about: "", photoPath: "${photoPath}"`));
  expect(errors).toBeUndefined();
  expect(data.SignUpAndCreateProfile).toEqual({
    account: { id },
    profile: { name: 'Alice', about: "Hello there i'm using Veigo Chat", photoPath },
    token: { access: 'access' },
  });
});

test('with a profile that is refused the account and its tokens are not lost', async () => {
  const { data, errors } = await createGql().ask(signUp('name: "Alice", photoPath: "cat.png"'));
  expect(data.SignUpAndCreateProfile).toEqual({ account: { id }, profile: null, token: { access: 'access' } });
  expect(errors).toMatchObject([
    { path: ['SignUpAndCreateProfile', 'profile'], message: expect.stringContaining('avatar') },
  ]);
});

test('without a name nothing is done', async () => {
  const { ask, signedUp } = createGql();
  const { errors } = await ask(signUp('name: ""'));
  expect(errors?.[0]?.message).toBe('name is missing.');
  expect(signedUp).toEqual([]);
});

test('guesses have an allowance, which counts per address', async () => {
  const { ask } = createGql({ signIns: { perSecond: 0.001, burst: 1 } });
  expect((await ask(signUp('name: "Alice"'))).errors).toBeUndefined();
  const { errors } = await ask(signUp('name: "Alice"'));
  expect(errors?.[0]?.originalError).toMatchObject({ code: 'rate.limited' });
});
