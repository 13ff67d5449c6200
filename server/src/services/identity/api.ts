import type { Context, Principal } from '../../kernel/context.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { Account } from '../../model/account.ts';

export interface Tokens {
  /** JWT (ES256), `sub` account, `sid` session. */
  readonly access: string;
  /** Opaque; every refresh rotates it, and using an old one again revokes the session. */
  readonly refresh: string;
  /** Seconds the access token lives. */
  readonly expiresIn: number;
}

export interface SignedIn {
  readonly account: Account;
  readonly session: SessionId;
  readonly tokens: Tokens;
}

export interface Session {
  readonly id: SessionId;
  readonly device: string | null;
  readonly address: string | null;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly current: boolean;
}

/** Where a login comes from, for the list of sessions. */
export interface Origin {
  readonly device?: string | undefined;
  readonly address?: string | undefined;
}

export interface NewAccount {
  /** Absent: the local part of the e-mail address, numbered if taken. */
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
}

/** Result of verifying an access token without asking the database. */
export interface Verified {
  readonly principal: Principal;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A public key as JSON Web Key (RFC 7517; the members of an elliptic curve: RFC 7518, 6.2). */
export interface PublicKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: string;
}

/**
 * Accounts, credentials, sessions, signing keys. Errors by code of kernel/errors; those named here are the expected ones.
 * Revocation is effective at once: `revoke…`, a changed password, a suspension and a deletion reach `isRevoked` of every
 * process before the call returns in this one, and through the change stream in the others (MESSAGE-PATH rule 18).
 */
export interface IdentityApi {
  /** `account.taken`, `request.invalid`. Without a password nobody can sign in until one is set by recovery. */
  signUp(ctx: Context, account: NewAccount, origin: Origin): Promise<SignedIn>;
  /**
   * Bulk creation for administrators (`action.forbidden`), ≤ 1,000; results in the order asked, a taken name as its error code.
   * With `sessions` each new account is signed in as well, as its own sign-up would: for imports and load tests.
   */
  createAccounts(
    ctx: Context,
    accounts: readonly NewAccount[],
    options?: { readonly sessions?: boolean | undefined },
  ): Promise<
    readonly (
      | { readonly account: Account; readonly tokens?: Tokens | undefined }
      | { readonly code: 'account.taken' | 'request.invalid' }
    )[]
  >;
  /** `credentials.wrong` (never says which of the two), `account.suspended`, `rate.limited`. `login`: e-mail or username. */
  signIn(ctx: Context, login: { readonly login: string; readonly password: string }, origin: Origin): Promise<SignedIn>;
  /**
   * `token.invalid`, `session.revoked` (also for a reused refresh token, which ends its session). `key`: a secret of the caller;
   * a repeat with the same key is answered again.
   */
  refresh(ctx: Context, refresh: string, key?: string): Promise<Tokens>;
  listSessions(ctx: Context): Promise<readonly Session[]>;
  /** The caller's own session; unknown ids are no error. */
  revokeSession(ctx: Context, session: SessionId): Promise<void>;
  /** Sends the code to the account's address; says nothing about whether it exists. */
  requestRecovery(ctx: Context, email: string): Promise<void>;
  /** Sends a new code to an address that is not yet verified; says nothing about whether it exists. */
  requestVerification(ctx: Context, email: string): Promise<void>;
  /** `token.invalid` for a wrong, used or expired code. Ends all sessions. */
  resetPassword(ctx: Context, reset: { readonly code: string; readonly password: string }): Promise<void>;
  /** `token.invalid`. */
  verifyEmail(ctx: Context, code: string): Promise<void>;
  /** `token.invalid` for a wrong, used or expired code of either kind; a good one stays good. */
  checkCode(ctx: Context, code: string): Promise<void>;
  /** `credentials.wrong`. Ends all other sessions. */
  changePassword(ctx: Context, change: { readonly oldPassword: string; readonly newPassword: string }): Promise<void>;
  /** `credentials.wrong`. The account's messages stay, under a name that says it is deleted. */
  deleteAccount(ctx: Context, password: string): Promise<void>;
  /** Present accounts among the ids; order as asked, unknown ones left out. */
  getAccounts(ctx: Context, ids: readonly AccountId[]): Promise<readonly Account[]>;
  /** Present accounts by username, without case; keys as asked, unknown ones left out. */
  resolveUsernames(ctx: Context, usernames: readonly string[]): Promise<ReadonlyMap<string, AccountId>>;
  /** For administrators, not of themselves: `action.forbidden`, `account.unknown`. Ends all sessions of the suspended. */
  setSuspended(ctx: Context, account: AccountId, suspended: boolean): Promise<void>;

  /** `token.invalid`, `token.expired`, `session.revoked`, `account.suspended`. No database on the way; safe to call per request. */
  verifyAccess(ctx: Context, token: string): Promise<Verified>;
  /** An access token for a browser's session cookie: the cookie holds a refresh-like secret that lives as long as its session. */
  resolveCookie(ctx: Context, cookie: string): Promise<Verified>;
  createCookie(ctx: Context, session: SessionId): Promise<{ readonly value: string; readonly maxAgeSeconds: number }>;
  /** Public keys (RFC 7517). */
  jwks(ctx: Context): Promise<{ readonly keys: readonly PublicKey[] }>;
}
