import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createMemoryBus } from '../../adapters/bus/memory/create-memory-bus.ts';
import { createFileMailer } from '../../adapters/mail/files/create-file-mailer.ts';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { systemClock } from '../../kernel/clock.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { type AccountRow, accountColumns } from '../../model/identity-rows.ts';
import type { Sql } from '../../ports/sql.ts';
import { createIdentity, type IdentityOperator } from '../../services/identity/module.ts';
import type { Options } from '../options.ts';
import { withDatabases } from './with-databases.ts';

export interface AccountChange {
  readonly create?: boolean | undefined;
  /** With `create`. */
  readonly email?: string | undefined;
  readonly admin?: string | undefined;
  readonly suspend?: string | undefined;
}

/** `parley account [USERNAME]`: the newest twenty accounts, or one, created or changed first if asked. The server may be running. */
export async function runAccount(options: Options, username: string | undefined, given: AccountChange): Promise<void> {
  const [admin, suspend] = [toBoolean('--admin', given.admin), toBoolean('--suspend', given.suspend)];
  if (username === undefined && (given.create || (admin ?? suspend) !== undefined))
    throw new Error('say whose account: parley account <username> …');
  if (given.email !== undefined && !given.create) throw new Error('--email goes with --create');
  await withDatabases(options, async (databases, log) => {
    const sql = createPostgres({ url: databases.identity, max: 2, applicationName: 'parley account' });
    const mailer = createFileMailer({ folder: path.join(options.data, 'mail') });
    const bus = createMemoryBus({ log });
    try {
      const { operator } = createIdentity({ sql, bus, mailer, log, metrics: noMetrics, clock: systemClock });
      if (username !== undefined && given.create) await createAccount(operator, username, given.email);
      if (username !== undefined) await changeAccount(sql, operator, username, admin, suspend);
      show(await read(sql, username));
    } finally {
      await bus.close();
      await sql.close();
    }
  });
}

/** The rule for sign-ups is for others: whoever runs the program may always. The password is for its owner to change. */
async function createAccount(operator: IdentityOperator, username: string, email: string | undefined): Promise<void> {
  const password = randomBytes(12).toString('base64url');
  const [made] = await operator.createAccounts([{ username, password, email }]);
  if (!made || 'code' in made) {
    const taken = made?.code === 'account.taken';
    throw new Error(
      taken
        ? `the name ${username}, or the address, has an account already`
        : 'a username is 3 to 32 of a-z, 0-9, dot, underscore and hyphen; an address reads name@host',
    );
  }
  console.log(`password: ${password}`);
}

async function changeAccount(
  sql: Sql,
  operator: IdentityOperator,
  username: string,
  admin: boolean | undefined,
  suspend: boolean | undefined,
): Promise<void> {
  const [row] = await read(sql, username);
  if (!row) throw new Error(`there is no account ${username}`);
  if (admin !== undefined) await operator.setAdmin(row.username, admin);
  if (suspend !== undefined) await operator.setSuspended(row.id, suspend);
}

function read(sql: Sql, username: string | undefined): Promise<AccountRow[]> {
  return sql.query<AccountRow>(
    `select ${accountColumns} from identity.accounts where $1::text is null or username = lower($1)
     order by created_at desc limit 20`,
    [username ?? null],
  );
}

function show(rows: readonly AccountRow[]): void {
  if (rows.length === 0)
    console.log('no account yet: sign up in the web application, or parley account <username> --create');
  for (const row of rows) {
    const marks = [row.admin && 'administrator', row.suspended && 'suspended', row.deleted_at && 'deleted'].filter(
      Boolean,
    );
    console.log(
      `${row.username.padEnd(32)}  ${row.id}  ${row.created_at}  ${row.email ?? '-'}  ${marks.join(', ')}`.trimEnd(),
    );
  }
}

function toBoolean(flag: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === 'true') return text === undefined ? undefined : true;
  if (text === 'false') return false;
  throw new Error(`${flag} takes true or false`);
}
