import type { Clock } from '../../kernel/clock.ts';
import { type ErrorCode, fail } from '../../kernel/errors.ts';
import type { SessionId } from '../../kernel/ids.ts';
import type { RevocationReason } from '../../model/identity-rows.ts';
import type { Revoked } from './api.ts';

/** The session ids revoked within one access-token lifetime (MESSAGE-PATH rule 18); older ones have no valid token left. */
export interface Revocations {
  add(revoked: Revoked): void;
  /** `session.revoked` or `account.suspended` when it is. */
  check(session: SessionId): void;
  readonly size: number;
  readonly keepMs: number;
}

export function createRevocations(keepMs: number, clock: Clock): Revocations {
  const revoked = new Map<SessionId, { readonly reason: RevocationReason; readonly until: number }>();

  function forgetExpired(): void {
    const now = clock.wall();
    // In order of arrival, which is nearly the order of time: what is left behind goes a moment later.
    for (const [session, { until }] of revoked) {
      if (until > now) break;
      revoked.delete(session);
    }
  }

  return {
    add({ session, reason, at }) {
      forgetExpired();
      if (!revoked.has(session)) revoked.set(session, { reason, until: at + keepMs });
    },
    check(session) {
      const entry = revoked.get(session);
      if (entry) throw fail(codeOf(entry.reason));
    },
    get size() {
      return revoked.size;
    },
    keepMs,
  };
}

/** What the holder of a session that ended for this reason is told. */
export function codeOf(reason: RevocationReason | null): ErrorCode {
  return reason === 'suspended' ? 'account.suspended' : 'session.revoked';
}
