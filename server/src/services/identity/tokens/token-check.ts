import { type CryptoKey, errors, jwtVerify } from 'jose';
import { createByteCache } from '../../../kernel/byte-cache.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, isUuid, type SessionId } from '../../../kernel/ids.ts';
import type { Verified } from '../api.ts';
import type { Revocations } from './revocations.ts';

/** Some 20,000 tokens. */
const cachedBytes = 32 * 1024 * 1024;
const longestToken = 4_096;

/**
 * Checks an access token: `token.invalid`, `token.expired`, `session.revoked`, `account.suspended`. A signature is checked once
 * and then remembered until the token expires; whether the session was revoked is asked every time.
 */
export function createTokenCheck(deps: {
  /** The public key of this name; null: there is none. */
  readonly findKey: (kid: string) => Promise<CryptoKey | null>;
  readonly revocations: Pick<Revocations, 'check'>;
  readonly clock: Clock;
  readonly issuer: string;
}): (token: string) => Promise<Verified> {
  const { findKey, revocations, clock, issuer } = deps;
  const verified = createByteCache<Verified>({ maxBytes: cachedBytes, sizeOf: () => 250 });

  async function check(token: string): Promise<Verified> {
    if (token.length > longestToken) throw fail('token.invalid');
    try {
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          const key = header.kid === undefined ? null : await findKey(header.kid);
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        // Only this algorithm: a token must not choose how it is checked.
        { algorithms: ['ES256'], issuer, requiredClaims: ['exp'], currentDate: new Date(clock.wall()) },
      );
      return toVerified(payload);
    } catch (thrown) {
      if (thrown instanceof errors.JWTExpired) throw fail('token.expired');
      if (thrown instanceof errors.JOSEError) throw fail('token.invalid', { cause: thrown });
      throw thrown;
    }
  }

  return async (token) => {
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
