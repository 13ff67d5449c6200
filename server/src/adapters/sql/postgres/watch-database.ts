import type { Health } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Sql } from '../../../ports/sql.ts';

export interface DatabaseWatch {
  health(): Health;
  stop(): void;
}

/**
 * Asks a database every `intervalMs` whether it answers. `down`: it does not; `degraded`: it takes longer than `slowMs`. What is
 * said of it is for anybody to read, so the reason goes to the log only. The first answer is awaited.
 */
export async function watchDatabase(
  sql: Pick<Sql, 'query'>,
  o: { readonly log: Log; readonly intervalMs?: number; readonly slowMs?: number },
): Promise<DatabaseWatch> {
  const { log, intervalMs = 2_000, slowMs = 2_000 } = o;
  let health: Health = { status: 'ok' };
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    const slow = setTimeout(() => {
      health = { status: 'degraded', detail: 'The database is slow to answer.' };
    }, slowMs);
    try {
      await sql.query('select 1');
      health = { status: 'ok' };
    } catch (error) {
      if (health.status !== 'down') log.error({ err: error }, 'the database does not answer');
      health = { status: 'down', detail: 'The database does not answer.' };
    } finally {
      clearTimeout(slow);
      asking = false;
    }
  }

  await ask();
  const timer = setInterval(ask, intervalMs).unref();
  return { health: () => health, stop: () => clearInterval(timer) };
}
