import { describe, expect, test } from 'vitest';
import { systemContext } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { GrpcCall } from '../../../runtime/public-grpc/public-grpc.ts';
import type { Verified } from '../../../services/identity/api.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import { authorizeCall } from './authorize-call.ts';

const principal = { account: 'a', session: 's', username: 'ann', admin: false } as unknown as Verified['principal'];
const deps = {
  identity: {
    verifyAccess: async (_ctx: unknown, token: string) => {
      if (token === 'expired') throw fail('token.expired');
      if (token === 'revoked') throw fail('session.revoked');
      if (token !== 'good') throw fail('token.invalid');
      return { principal, expiresAt: 0 };
    },
  },
} as unknown as VeigoDeps;

const callWith = (keys: Record<string, string>): GrpcCall => ({
  ctx: systemContext('test'),
  metadata: (key) => keys[key],
});

describe('who calls', () => {
  test.each([[{ token: 'good' }], [{ authorization: 'Bearer good' }], [{ authorization: 'bearer  good' }]])(
    'is known by %j',
    async (keys) => {
      expect(await authorizeCall(deps, callWith(keys as Record<string, string>))).toMatchObject({ principal });
    },
  );

  test.each([
    [{}, 'token.missing'],
    [{ authorization: 'good' }, 'token.missing'],
    [{ token: 'Bearer good' }, 'token.invalid'],
    [{ token: 'bad', authorization: 'Bearer good' }, 'token.invalid'],
    [{ token: 'expired' }, 'token.expired'],
    [{ token: 'revoked' }, 'session.revoked'],
  ])('is not known by %j', async (keys, code) => {
    await expect(authorizeCall(deps, callWith(keys as Record<string, string>))).rejects.toMatchObject({ code });
  });
});
