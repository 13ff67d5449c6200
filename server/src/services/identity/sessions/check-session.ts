import type { Context } from '../../../kernel/context.ts';
import { isUuid, type SessionId } from '../../../kernel/ids.ts';
import type { Sql } from '../../../ports/sql.ts';
import { readAlive } from './session-store.ts';

const mostAtOnce = 1_000;

interface Asked {
  readonly session: SessionId;
  resolve(alive: boolean): void;
  reject(reason: unknown): void;
}

/**
 * Whether a session is alive in the database now. While one statement is under way the next questions gather, so that thousands
 * of connections opening at once cost a few statements; each answer is read after its question was asked.
 */
export function createCheckSession(sql: Sql): (ctx: Context, session: SessionId) => Promise<boolean> {
  let waiting: Asked[] = [];
  let reading = false;

  async function readWaiting(): Promise<void> {
    reading = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      try {
        const alive = new Set(await readAlive(sql, [...new Set(batch.map((asked) => asked.session))]));
        for (const asked of batch) asked.resolve(alive.has(asked.session));
      } catch (thrown) {
        for (const asked of batch) asked.reject(thrown);
      }
    }
    reading = false;
  }

  return (_ctx, session) => {
    if (!isUuid(session)) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      waiting.push({ session, resolve, reject });
      if (!reading) void readWaiting();
    });
  };
}
