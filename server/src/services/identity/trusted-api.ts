import type { Context } from '../../kernel/context.ts';
import type { SessionId } from '../../kernel/ids.ts';
import type { RevocationReason } from '../../model/identity-rows.ts';
import type { IdentityApi } from './api.ts';

/** A session that has ended and of which access tokens may still be about. */
export interface Revoked {
  readonly session: SessionId;
  readonly reason: RevocationReason;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What processes ask about sessions of whoever it may be, to refuse those that have ended. */
export interface TrustedIdentityApi {
  /**
   * What a process must know to refuse the tokens of ended sessions by itself (rule 18): those ended, for whatever reason, within
   * the last `keepMs` milliseconds, which is one token's lifetime and what clocks may differ by. Older ones have no valid token.
   */
  listRevoked(ctx: Context): Promise<{ readonly keepMs: number; readonly sessions: readonly Revoked[] }>;
  /** Asks the database: is the session alive now? The check between registering a connection and `ready` (rule 18). */
  checkSession(ctx: Context, session: SessionId): Promise<boolean>;
}

/** Both halves, as the service provides them. */
export type WholeIdentityApi = IdentityApi & TrustedIdentityApi;
