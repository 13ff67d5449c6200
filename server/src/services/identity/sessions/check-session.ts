import type { Context } from '../../../kernel/context.ts';
import { gather } from '../../../kernel/gather.ts';
import { isUuid, type SessionId } from '../../../kernel/ids.ts';
import type { Sql } from '../../../ports/sql.ts';
import { readAlive } from './session-store.ts';

const mostAtOnce = 1_000;

/**
 * Whether a session is alive in the database now. While one statement is under way the next questions gather, so that thousands
 * of connections opening at once cost a few statements; each answer is read after its question was asked.
 */
export function createCheckSession(
  sql: Sql,
  sessionDays: number,
): (ctx: Context, session: SessionId) => Promise<boolean> {
  const isAlive = gather<SessionId, boolean>({
    soon: queueMicrotask,
    max: mostAtOnce,
    atOnce: 1,
    async ask(sessions) {
      const alive = new Set(await readAlive(sql, sessionDays, [...new Set(sessions)]));
      return sessions.map((session) => alive.has(session));
    },
  });
  return async (_ctx, session) => isUuid(session) && (await isAlive(session));
}
