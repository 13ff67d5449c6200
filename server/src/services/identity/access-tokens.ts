import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';
import type { Principal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, isUuid, type SessionId } from '../../kernel/ids.ts';
import type { Verified } from './api.ts';
import type { IdentityConfig } from './config.ts';
import type { Revocations } from './revocations.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface AccessTokens {
  issue(principal: Principal): Promise<string>;
  /** `token.invalid`, `token.expired`, `session.revoked`, `account.suspended`. */
  verify(token: string): Promise<Verified>;
}

const cachedTokens = 20_000;
const longestToken = 4_096;

/**
 * JWT (RFC 7519) signed with ES256: `sub` account, `sid` session, `username`, `admin`. A signature is checked once and then
 * remembered until the token expires; whether the session was revoked is asked every time.
 */
export function createAccessTokens(deps: {
  readonly keys: SigningKeys;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly config: IdentityConfig;
}): AccessTokens {
  const { keys, revocations, clock, config } = deps;
  const verified = new LRUCache<string, Verified>({ max: cachedTokens });

  async function check(token: string): Promise<Verified> {
    if (token.length > longestToken) throw fail('token.invalid');
    try {
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          const key = header.kid === undefined ? null : await keys.find(header.kid);
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key.publicKey;
        },
        // Only this algorithm: a token must not choose how it is checked.
        { algorithms: ['ES256'], issuer: config.issuer, requiredClaims: ['exp'], currentDate: new Date(clock.wall()) },
      );
      return toVerified(payload);
    } catch (thrown) {
      if (thrown instanceof errors.JWTExpired) throw fail('token.expired');
      if (thrown instanceof errors.JOSEError) throw fail('token.invalid', { cause: thrown });
      throw thrown;
    }
  }

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
    async verify(token) {
      let found = verified.get(token);
      if (!found) {
        found = await check(token);
        verified.set(token, found);
      } else if (found.expiresAt <= clock.wall()) {
        verified.delete(token);
        throw fail('token.expired');
      }
      revocations.check(found.principal.session);
      return found;
    },
  };
}

function toVerified(payload: { readonly [claim: string]: unknown }): Verified {
  const { sub, sid, username, admin, exp } = payload;
  if (!isUuid(sub) || !isUuid(sid) || typeof username !== 'string' || typeof admin !== 'boolean') {
    throw fail('token.invalid');
  }
  return {
    principal: { account: sub as AccountId, session: sid as SessionId, username, admin },
    expiresAt: (exp as number) * 1_000,
  };
}
