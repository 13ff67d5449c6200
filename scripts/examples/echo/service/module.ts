import { fail } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Sql } from '../../ports/sql.ts';
import type { EchoApi } from './api.ts';

export interface EchoDeps {
  readonly sql: Sql;
  readonly log: Log;
}

export function createEcho({ sql, log }: EchoDeps): { readonly api: EchoApi; readonly unit: Unit } {
  const api: EchoApi = {
    async say({ principal }, text) {
      if (!principal) throw fail('token.missing');
      const [row] = await sql.query<{ before: string | null }>(
        `with before as (select text from echo.said where account_id = $1),
              kept as (insert into echo.said values ($1, $2) on conflict (account_id) do update set text = excluded.text)
         select (select text from before) as before`,
        [principal.account, text],
      );
      return row?.before ?? null;
    },
  };
  const unit: Unit = {
    async start() {
      log.debug({}, 'echo listens');
    },
  };
  return { api, unit };
}
