import type { Health } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Sql } from '../../../ports/sql.ts';

export interface DatabaseWatch {
  health(): Health;
  stop(): void;
}

/**
 * Asks a database every `intervalMs` whether it answers. `degraded`: it takes longer than `slowMs`; `down`: it does not answer, or
 * not within `silentMs`. A server that stands still fails no connection for a long time, so the deadline is ours: with the defaults
 * it is told within five seconds. What is said of it is for anybody to read, so the reason goes to the log only. The first answer is
 * awaited.
 */
export async function watchDatabase(
  sql: Pick<Sql, 'query'>,
  o: { readonly log: Log; readonly intervalMs?: number; readonly slowMs?: number; readonly silentMs?: number },
): Promise<DatabaseWatch> {
  const { log, intervalMs = 1_000, slowMs = 1_000, silentMs = 3_000 } = o;
  let health: Health = { status: 'ok' };
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    const slow = setTimeout(() => {
      if (health.status === 'ok') health = { status: 'degraded', detail: 'The database is slow to answer.' };
    }, slowMs);
    const silent = setTimeout(() => tellDown(new Error(`no answer within ${silentMs} ms`)), silentMs);
    try {
      await sql.query('select 1');
      health = { status: 'ok' };
    } catch (error) {
      tellDown(error);
    } finally {
      clearTimeout(slow);
      clearTimeout(silent);
      asking = false;
    }
  }

  function tellDown(error: unknown): void {
    if (health.status !== 'down') log.error({ err: error }, 'the database does not answer');
    health = { status: 'down', detail: 'The database does not answer.' };
  }

  await ask();
  const timer = setInterval(ask, intervalMs).unref();
  return { health: () => health, stop: () => clearInterval(timer) };
}
