import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import type { RevocationReason } from '../../../model/identity-rows.ts';
import type { Origin } from '../api.ts';
import type { Queryable } from '../store.ts';
import type { Revoked } from '../trusted-api.ts';
import type { RefreshToken } from './opaque-tokens.ts';

/** Who a session acts for. */
export interface SessionOwner {
  readonly account: AccountId;
  readonly session: SessionId;
  readonly username: string;
  readonly admin: boolean;
}

/**
 * Opens a session unless the account was suspended or deleted, or its password changed, since it was read: those commands lock
 * the account's row first and then end its sessions, so a sign-in in progress can never slip through between the two.
 * `hash` null: the caller has proven itself otherwise (it has just made the account). False: not opened.
 */
export async function insertSession(
  tx: Queryable,
  account: AccountId,
  hash: string | null,
  token: RefreshToken,
  origin: Origin,
): Promise<boolean> {
  const open = await tx.query(
    'select 1 from identity.accounts where id = $1 and not suspended and deleted_at is null for share',
    [account],
  );
  if (open.length === 0) return false;
  const created = await tx.query(
    `insert into identity.sessions (id, account_id, created_at) select $1::uuid, $2::uuid, clock_timestamp()
     where $3::text is null or exists (select 1 from identity.passwords where account_id = $2 and hash = $3) returning id`,
    [token.session, account, hash],
  );
  if (created.length === 0) return false;
  await tx.query(
    `insert into identity.session_secrets (session_id, family_hash, refresh_hash, device, address, last_seen_at)
     values ($1, $2, $3, $4, $5, clock_timestamp())`,
    [token.session, token.familyHash, token.rotationHash, short(origin.device), short(origin.address)],
  );
  return true;
}

/** What a client says of itself, kept short and free of what PostgreSQL refuses. */
function short(text: string | undefined): string | null {
  if (text === undefined) return null;
  return [...text.replace(/[\p{Cc}\p{Cs}]/gu, ' ')].slice(0, 200).join('');
}

export interface RevokedSession {
  readonly id: SessionId;
  readonly revoked_reason: RevocationReason;
  readonly revoked_at: string;
}

export function toRevoked({ id, revoked_reason, revoked_at }: RevokedSession): Revoked {
  return { session: id, reason: revoked_reason, at: Date.parse(revoked_at) };
}

const revoked = 'id, revoked_reason, revoked_at';

/** Ends sessions of an account: `only` one, all `except` one, or all. Those that had ended before are left as they are. */
export async function endSessions(
  db: Queryable,
  account: AccountId,
  reason: RevocationReason,
  which: { readonly only?: SessionId; readonly except?: SessionId } = {},
): Promise<RevokedSession[]> {
  return db.query<RevokedSession>(
    `update identity.sessions set revoked_at = clock_timestamp(), revoked_reason = $2
     where account_id = $1 and revoked_at is null
       and ($3::uuid is null or id = $3) and ($4::uuid is null or id <> $4) returning ${revoked}`,
    [account, reason, which.only ?? null, which.except ?? null],
  );
}

/** Revoked within the last `withinMs`. */
export async function readRevoked(db: Queryable, withinMs: number): Promise<RevokedSession[]> {
  return db.query<RevokedSession>(
    `select ${revoked} from identity.sessions where revoked_at > now() - make_interval(secs => $1) order by revoked_at`,
    [withinMs / 1_000],
  );
}

const ownerColumns = 'a.id as account, s.id as session, a.username, a.admin';
/** $1 is always the number of days after which an unused session has ended. */
const alive = 's.revoked_at is null and x.last_seen_at > now() - make_interval(days => $1)';

/** Exchanges the rotation half; null: the token is not the session's present one, or the session has ended. */
export async function rotateRefresh(
  db: Queryable,
  sessionDays: number,
  used: RefreshToken,
  next: RefreshToken,
): Promise<SessionOwner | null> {
  const [row] = await db.query<SessionOwner>(
    `update identity.session_secrets x set refresh_hash = $4, last_seen_at = clock_timestamp()
     from identity.sessions s join identity.accounts a on a.id = s.account_id
     where x.session_id = $2 and x.refresh_hash = $3 and x.family_hash = $5 and s.id = x.session_id and ${alive}
     returning ${ownerColumns}`,
    [sessionDays, used.session, used.rotationHash, next.rotationHash, used.familyHash],
    'identity-refresh',
  );
  return row ?? null;
}

export interface Family {
  readonly account: AccountId;
  readonly revoked_at: string | null;
  readonly revoked_reason: RevocationReason | null;
  /** The token's rotation half is the present one. */
  readonly present: boolean;
}

/** The session whose family a refresh token belongs to, ended ones included; null: the token was invented. */
export async function readFamily(db: Queryable, token: RefreshToken): Promise<Family | null> {
  const [row] = await db.query<Family>(
    `select s.account_id as account, s.revoked_at, s.revoked_reason, x.refresh_hash = $3 as present
     from identity.session_secrets x join identity.sessions s on s.id = x.session_id
     where x.session_id = $1 and x.family_hash = $2`,
    [token.session, token.familyHash, token.rotationHash],
  );
  return row ?? null;
}

/** A session has one cookie; a new one replaces it. False: the session has ended. */
export async function writeCookie(
  db: Queryable,
  sessionDays: number,
  session: SessionId,
  hash: Buffer,
): Promise<boolean> {
  const rows = await db.query(
    `update identity.session_secrets x set cookie_hash = $3 from identity.sessions s
     where x.session_id = $2 and s.id = x.session_id and ${alive} returning x.session_id`,
    [sessionDays, session, hash],
  );
  return rows.length > 0;
}

export interface CookieOwner extends SessionOwner {
  readonly revoked_at: string | null;
  readonly revoked_reason: RevocationReason | null;
  readonly idle: boolean;
}

/** null: no session has this cookie. Marks the session as seen, every five minutes at the most. */
export async function readCookie(
  db: Queryable,
  sessionDays: number,
  session: SessionId,
  hash: Buffer,
): Promise<CookieOwner | null> {
  const [row] = await db.query<CookieOwner>(
    `with seen as (
       update identity.session_secrets set last_seen_at = clock_timestamp()
       where session_id = $2 and cookie_hash = $3 and last_seen_at < now() - interval '5 minutes'
         and last_seen_at > now() - make_interval(days => $1)
     )
     select ${ownerColumns}, s.revoked_at, s.revoked_reason, not (${alive}) as idle
     from identity.session_secrets x join identity.sessions s on s.id = x.session_id
     join identity.accounts a on a.id = s.account_id
     where x.session_id = $2 and x.cookie_hash = $3`,
    [sessionDays, session, hash],
    'identity-cookie',
  );
  return row ?? null;
}

export interface SessionListRow {
  readonly id: SessionId;
  readonly device: string | null;
  readonly address: string | null;
  readonly created_at: string;
  readonly last_seen_at: string;
}

export async function readSessions(db: Queryable, sessionDays: number, account: AccountId): Promise<SessionListRow[]> {
  return db.query<SessionListRow>(
    `select s.id, x.device, x.address, s.created_at, x.last_seen_at
     from identity.sessions s join identity.session_secrets x on x.session_id = s.id
     where s.account_id = $2 and ${alive} order by x.last_seen_at desc, s.id`,
    [sessionDays, account],
  );
}

/** Those of the ids that have not been revoked. */
export async function readAlive(db: Queryable, sessions: readonly SessionId[]): Promise<SessionId[]> {
  const rows = await db.query<{ id: SessionId }>(
    'select id from identity.sessions where id = any($1::uuid[]) and revoked_at is null',
    [sessions],
    'identity-alive',
  );
  return rows.map((row) => row.id);
}

/** Forgets sessions (and their secrets) last used long ago, a thousand at a time (MESSAGE-PATH rule 13). */
export async function purgeSessions(db: Queryable, unusedDays: number): Promise<void> {
  for (let gone = 1_000; gone === 1_000; ) {
    const rows = await db.query(
      `with old as (
         select session_id from identity.session_secrets where last_seen_at < now() - make_interval(days => $1) limit 1000
       ), secrets as (delete from identity.session_secrets where session_id in (select session_id from old))
       delete from identity.sessions where id in (select session_id from old) returning id`,
      [unusedDays],
    );
    gone = rows.length;
  }
}
