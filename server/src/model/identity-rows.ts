import type { AccountId, SessionId } from '../kernel/ids.ts';
import type { Account, AccountKind } from './account.ts';

/** The published rows of the identity schema, as SQL returns them and as the bus carries them (topic `parley.identity`). */
export interface AccountRow {
  readonly id: AccountId;
  readonly kind: AccountKind;
  readonly username: string;
  /** Given at sign-up; what others see from then on is people's profile. */
  readonly name: string;
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly phone: string | null;
  readonly admin: boolean;
  readonly suspended: boolean;
  readonly created_at: string;
  /** Not null: the account has ended; its username is never given again. */
  readonly deleted_at: string | null;
}

/** Why a session ended. `suspended` is told to its holder as `account.suspended`, all others as `session.revoked`. */
export type RevocationReason = 'signed-out' | 'reuse' | 'password' | 'suspended' | 'deleted' | 'demoted';

export interface SessionRow {
  readonly id: SessionId;
  readonly account_id: AccountId;
  readonly created_at: string;
  /** Not null: revoked (MESSAGE-PATH rule 18); never null again. */
  readonly revoked_at: string | null;
  readonly revoked_reason: RevocationReason | null;
}

/** The columns of an AccountRow, for select lists. */
export const accountColumns = `id, kind, username, name, email, email_verified, phone, admin, suspended, created_at, deleted_at`;

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    kind: row.kind,
    username: row.username,
    name: row.name,
    email: row.email,
    emailVerified: row.email_verified,
    phone: row.phone,
    admin: row.admin,
    suspended: row.suspended,
    createdAt: row.created_at,
  };
}
