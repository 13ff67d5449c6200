import type { Clock } from '../../../kernel/clock.ts';
import { type ErrorCode, fail } from '../../../kernel/errors.ts';
import type { SessionId } from '../../../kernel/ids.ts';
import type { RevocationReason } from '../../../model/identity-rows.ts';
import type { Revoked } from '../trusted-api.ts';

/** The session ids revoked within one access-token lifetime (MESSAGE-PATH rule 18); older ones have no valid token left. */
export interface Revocations {
  /** The first reason stays, except null (not told yet), which the next one replaces. */
  add(revoked: Omit<Revoked, 'reason'> & { readonly reason: RevocationReason | null }): void;
  /** `session.revoked` or `account.suspended` when it is. */
  check(session: SessionId): void;
  readonly size: number;
  /** How long each is remembered. */
  keepMs: number;
}

export function createRevocations(keepMs: number, clock: Clock): Revocations {
  const revoked = new Map<SessionId, { readonly reason: RevocationReason | null; readonly at: number }>();

  function forgetExpired(): void {
    const over = clock.wall() - revocations.keepMs;
    // In order of arrival, which is nearly the order of time: what is left behind goes a moment later.
    for (const [session, { at }] of revoked) {
      if (at > over) break;
      revoked.delete(session);
    }
  }

  const revocations: Revocations = {
    keepMs,
    add({ session, reason, at }) {
      forgetExpired();
      if ((revoked.get(session)?.reason ?? null) === null) revoked.set(session, { reason, at });
    },
    check(session) {
      const entry = revoked.get(session);
      if (entry) throw fail(codeOf(entry.reason));
    },
    get size() {
      return revoked.size;
    },
  };
  return revocations;
}

/** What the holder of a session that ended for this reason is told. */
export function codeOf(reason: RevocationReason | null): ErrorCode {
  return reason === 'suspended' ? 'account.suspended' : 'session.revoked';
}
