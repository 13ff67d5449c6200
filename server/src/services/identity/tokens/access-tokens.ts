import { SignJWT } from 'jose';
import type { Clock } from '../../../kernel/clock.ts';
import type { Principal } from '../../../kernel/context.ts';
import type { Verified } from '../api.ts';
import type { IdentityConfig } from '../config.ts';
import type { Revocations } from './revocations.ts';
import type { SigningKeys } from './signing-keys.ts';
import { createTokenCheck } from './token-check.ts';

export interface AccessTokens {
  issue(principal: Principal): Promise<string>;
  /** `token.invalid`, `token.expired`, `session.revoked`, `account.suspended`. */
  verify(token: string): Promise<Verified>;
}

/** JWT (RFC 7519) signed with ES256: `sub` account, `sid` session, `username`, `admin`. */
export function createAccessTokens(deps: {
  readonly keys: SigningKeys;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly config: IdentityConfig;
}): AccessTokens {
  const { keys, revocations, clock, config } = deps;
  return {
    async issue(principal) {
      const key = keys.current();
      const now = Math.floor(clock.wall() / 1_000);
      return new SignJWT({ sid: principal.session, username: principal.username, admin: principal.admin })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'JWT' })
        .setSubject(principal.account)
        .setIssuer(config.issuer)
        .setIssuedAt(now)
        .setExpirationTime(now + config.accessTokenSeconds)
        .sign(key.privateKey);
    },
    verify: createTokenCheck({
      findKey: async (kid) => (await keys.find(kid))?.publicKey ?? null,
      revocations,
      clock,
      issuer: config.issuer,
    }),
  };
}
