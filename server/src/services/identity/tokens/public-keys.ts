import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Clock } from '../../../kernel/clock.ts';
import { systemContext } from '../../../kernel/context.ts';
import { pause } from '../../../kernel/pause.ts';
import type { IdentityApi } from '../api.ts';

/** The public halves of identity's signing keys, in a process that identity does not run in. */
export interface PublicKeys {
  /** Fetches them. When that fails those known before stay: tokens remain valid while identity is away. */
  load(): Promise<void>;
  /** Asks identity for a key it does not know; `service.unavailable` when identity is away: nobody can tell then. */
  find(kid: string): Promise<CryptoKey | null>;
}

export function createPublicKeys(deps: {
  readonly identity: Pick<IdentityApi, 'jwks'>;
  readonly clock: Clock;
  /** Between two questions about unknown keys: invented ones must not become as many calls. */
  readonly askAgainMs: number;
}): PublicKeys {
  const { identity, clock, askAgainMs } = deps;
  let keys = new Map<string, CryptoKey>();
  let askedAt = Number.NEGATIVE_INFINITY;
  let next: Promise<void> | null = null;

  async function load(): Promise<void> {
    askedAt = clock.monotonic();
    const { keys: published } = await identity.jwks(systemContext('public-keys'));
    const usable = (published as readonly JWK[]).filter((jwk) => typeof jwk.kid === 'string' && jwk.kty === 'EC');
    keys = new Map(
      await Promise.all(
        usable.map(async (jwk) => {
          const kid = jwk.kid as string;
          return [kid, keys.get(kid) ?? ((await importJWK(jwk, 'ES256')) as CryptoKey)] as const;
        }),
      ),
    );
  }

  /** Everybody who meets an unknown key waits for the same next answer. */
  function askAgain(): Promise<void> {
    const waitMs = Math.max(0, askedAt + askAgainMs - clock.monotonic());
    next ??= pause(waitMs).then(() => {
      // Who comes from now on waits for a later answer: this one may have been given before their key was made.
      next = null;
      return load();
    });
    return next;
  }

  return {
    load,
    async find(kid) {
      if (!keys.has(kid)) await askAgain();
      return keys.get(kid) ?? null;
    },
  };
}
