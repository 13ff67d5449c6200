import type { AccountId } from '../../../kernel/ids.ts';
import type { Queryable } from '../store.ts';

export type CodePurpose = 'verify' | 'recover';

/** Replaces an earlier code of the account for the same purpose. */
export async function writeCode(
  tx: Queryable,
  code: {
    readonly hash: Buffer;
    readonly account: AccountId;
    readonly purpose: CodePurpose;
    readonly email: string;
    readonly minutes: number;
  },
): Promise<void> {
  await deleteCodes(tx, code.account, code.purpose);
  await tx.query(
    `insert into identity.codes (hash, account_id, purpose, email, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(mins => $5))`,
    [code.hash, code.account, code.purpose, code.email, code.minutes],
  );
}

/** Uses the code up; null: wrong, used or expired. */
export async function takeCode(
  tx: Queryable,
  hash: Buffer,
  purpose: CodePurpose,
): Promise<{ readonly account: AccountId; readonly email: string } | null> {
  const [row] = await tx.query<{ account: AccountId; email: string; fresh: boolean }>(
    `delete from identity.codes where hash = $1 and purpose = $2
     returning account_id as account, email, expires_at > now() as fresh`,
    [hash, purpose],
  );
  return row?.fresh ? row : null;
}

export async function hasCode(db: Queryable, hash: Buffer): Promise<boolean> {
  const rows = await db.query('select 1 from identity.codes where hash = $1 and expires_at > now()', [hash]);
  return rows.length > 0;
}

export async function deleteCodes(tx: Queryable, account: AccountId, purpose?: CodePurpose): Promise<void> {
  await tx.query('delete from identity.codes where account_id = $1 and ($2::text is null or purpose = $2)', [
    account,
    purpose ?? null,
  ]);
}

export async function purgeCodes(db: Queryable): Promise<void> {
  await db.query('delete from identity.codes where expires_at < now()');
}
