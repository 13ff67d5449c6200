import { createByteCache } from '../../../kernel/byte-cache.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Context } from '../../../kernel/context.ts';
import { toFailure } from '../../../kernel/errors.ts';
import type { IdentityApi, Verified } from '../api.ts';

/** Some 20,000 cookies. */
const cachedBytes = 16 * 1024 * 1024;

/** A browser's cookie stands for its principal for as long as an access token would, should identity be away. */
export function createCookieCache(deps: {
  readonly identity: Pick<IdentityApi, 'resolveCookie'>;
  readonly clock: Clock;
  /** How long a cookie is answered from memory before identity is asked again. */
  readonly freshMs: number;
  /** How long identity may take over a cookie that was good a while ago. */
  readonly timeoutMs: number;
}): (ctx: Context, cookie: string) => Promise<Verified> {
  const { identity, clock } = deps;
  const resolved = createByteCache<{ readonly verified: Verified; readonly freshUntil: number }>({
    maxBytes: cachedBytes,
    sizeOf: () => 300,
  });

  return async (ctx, cookie) => {
    const now = clock.wall();
    const found = resolved.get(cookie);
    if (found && found.freshUntil > now) return found.verified;
    const kept = found && found.verified.expiresAt > now ? found : null;
    const keep = (verified: Verified): Verified => {
      resolved.set(cookie, { verified, freshUntil: Math.min(now + deps.freshMs, verified.expiresAt) });
      return verified;
    };
    const deadline = kept ? Math.min(ctx.deadline, clock.monotonic() + deps.timeoutMs) : ctx.deadline;
    try {
      return keep(await identity.resolveCookie({ ...ctx, deadline }, cookie));
    } catch (thrown) {
      if (kept && toFailure(thrown).row.retryable) return keep(kept.verified);
      resolved.delete(cookie);
      throw thrown;
    }
  };
}
