import type { AccountId } from '../../kernel/ids.ts';
import { type AccountRow, accountColumns } from '../../model/identity-rows.ts';
import type { Sql, SqlSession } from '../../ports/sql.ts';
import type { ParsedAccount } from './accounts/parse-account.ts';

/** Outside or inside a transaction. */
export type Queryable = Pick<SqlSession, 'query'>;

export interface NewRow extends ParsedAccount {
  readonly id: AccountId;
  readonly admin: boolean;
  /** PHC form; null: no password. */
  readonly hash: string | null;
}

/** Inserts what is not taken, with its password; returns the rows that went in, in no particular order. */
export async function insertAccounts(db: Queryable, rows: readonly NewRow[]): Promise<AccountRow[]> {
  const created = await db.query<AccountRow>(
    `insert into identity.accounts (id, username, name, email, phone, admin, created_at)
     select id, username, name, email, phone, admin, clock_timestamp()
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[]) a(id, username, name, email, phone, admin)
     on conflict do nothing returning ${accountColumns}`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.username),
      rows.map((row) => row.name),
      rows.map((row) => row.email),
      rows.map((row) => row.phone),
      rows.map((row) => row.admin),
    ],
  );
  const inserted = new Set(created.map((row) => row.id));
  const withPassword = rows.filter((row) => row.hash !== null && inserted.has(row.id));
  if (withPassword.length > 0) {
    await db.query('insert into identity.passwords (account_id, hash) select * from unnest($1::uuid[], $2::text[])', [
      withPassword.map((row) => row.id),
      withPassword.map((row) => row.hash),
    ]);
  }
  return created;
}

/** Present accounts. */
export async function readAccounts(db: Queryable, ids: readonly AccountId[]): Promise<AccountRow[]> {
  return db.query<AccountRow>(
    `select ${accountColumns} from identity.accounts where id = any($1::uuid[]) and deleted_at is null`,
    [ids],
    'identity-accounts',
  );
}

/** Present accounts by their lower-case names. */
export async function readByUsername(db: Queryable, usernames: readonly string[]): Promise<AccountRow[]> {
  return db.query<AccountRow>(
    `select ${accountColumns} from identity.accounts where username = any($1::text[]) and deleted_at is null`,
    [usernames],
    'identity-usernames',
  );
}

/** Without case; null: nobody has it. */
export async function readByEmail(db: Queryable, email: string): Promise<AccountRow | null> {
  const [row] = await db.query<AccountRow>(
    `select ${accountColumns} from identity.accounts where lower(email) = lower($1) and deleted_at is null`,
    [email],
    'identity-email',
  );
  return row ?? null;
}

/** PHC form; null: no password. */
export async function readPassword(db: Queryable, account: AccountId): Promise<string | null> {
  const [row] = await db.query<{ hash: string }>(
    'select hash from identity.passwords where account_id = $1',
    [account],
    'identity-password',
  );
  return row?.hash ?? null;
}

export async function writePassword(db: Queryable, account: AccountId, hash: string): Promise<void> {
  await db.query(
    `insert into identity.passwords (account_id, hash) values ($1, $2)
     on conflict (account_id) do update set hash = excluded.hash`,
    [account, hash],
  );
}

/** Locks the account's row against sign-ins in progress (they hold it shared); null: there is no such present account. */
export async function lockAccount(tx: Queryable, account: AccountId): Promise<AccountRow | null> {
  const [row] = await tx.query<AccountRow>(
    `select ${accountColumns} from identity.accounts where id = $1 and deleted_at is null for update`,
    [account],
  );
  return row ?? null;
}

/** Makes the configured names administrators. */
export async function promote(sql: Sql, usernames: readonly string[]): Promise<void> {
  await sql.query(
    'update identity.accounts set admin = true where username = any($1::text[]) and not admin and deleted_at is null',
    [usernames],
  );
}
