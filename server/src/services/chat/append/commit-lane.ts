import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Clock } from '../../../kernel/clock.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Decide } from '../../../ports/policy.ts';
import { codeOfSqlError, type Sql, SqlError, type SqlSession } from '../../../ports/sql.ts';
import type { AppendResult } from '../api.ts';
import { isLockTrouble, lockHeadsSql } from '../lock-heads.ts';
import { appendBatch, appendSessionSql } from './append-batch.ts';
import type { Waiting } from './waiting.ts';

/** Conversations whose head somebody else holds, waited for at once; each keeps a connection. */
const waitingAlone = 4;

export interface CommitLane {
  /**
   * Answers every draft of the batch except those of conversations whose head another process holds: these it gives back,
   * a list per conversation, for `waitAlone`.
   */
  run(batch: readonly Waiting[]): Promise<readonly (readonly Waiting[])[]>;
  /** Answers all drafts of one blocked conversation, however long it takes within their deadlines. */
  waitAlone(batch: readonly Waiting[]): Promise<void>;
  close(): void;
}

/** Runs batches over a few kept connections and turns what PostgreSQL says into answers (MESSAGE-PATH rules 3, 4 and 5). */
export function createCommitLane(deps: { sql: Sql; decide: Decide; log: Log; clock: Clock }): CommitLane {
  const idle: SqlSession[] = [];
  const limitAlone = pLimit(waitingAlone);

  async function withSession<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    const session = idle.pop() ?? (await openSession(deps.sql));
    try {
      const result = await work(session);
      idle.push(session);
      return result;
    } catch (thrown) {
      if (session.broken || !(await rollback(session))) session.release(true);
      else idle.push(session);
      throw thrown;
    }
  }

  /** Resolves when all drafts are answered, but for the lists of blocked ones it returns. */
  async function attempt(batch: readonly Waiting[], alone: boolean): Promise<readonly (readonly Waiting[])[]> {
    for (let tries = 0; ; tries++) {
      const alive = dropExpired(batch, deps.clock);
      if (alive.length === 0) return [];
      let results: readonly AppendResult[];
      try {
        const drafts = alive.map((entry) => entry.draft);
        results = await withSession((session) => appendBatch(session, drafts, deps.decide));
      } catch (thrown) {
        const error = asSqlError(thrown);
        if (isLockTrouble(error) && alone) continue;
        if (isLockTrouble(error)) return splitBlocked(alive);
        if (isOutage(error)) {
          // The outcome is unknown: the whole batch again, on a new connection. The ids make that safe (rule 5).
          if (tries === 0) deps.log.warn({ error: error.message }, 'the database is away; a batch waits for it');
          await pause(Math.min(50 * 2 ** tries, 1_000));
          continue;
        }
        if (/^(22|23|54)/.test(error.sqlState)) return bisect(alive, error, alone);
        const code = codeOfSqlError(error);
        if (code === 'internal') deps.log.error({ error }, 'a batch failed for an unexpected reason');
        for (const entry of alive) entry.answer({ code });
        return [];
      }
      // Not inside the `try`: they are stored, whatever is thrown from here on.
      for (const [i, entry] of alive.entries()) entry.answer(results[i]!);
      return [];
    }
  }

  /** One hostile draft never fails its neighbours (rule 4). */
  async function bisect(
    batch: readonly Waiting[],
    error: SqlError,
    alone: boolean,
  ): Promise<readonly (readonly Waiting[])[]> {
    if (batch.length === 1) {
      const bug = error.sqlState.startsWith('23');
      if (bug) deps.log.error({ error, constraint: error.constraint }, 'an append broke a constraint');
      batch[0]!.answer(
        bug ? { code: 'internal' } : { code: 'request.invalid', detail: 'The message cannot be stored.' },
      );
      return [];
    }
    const half = batch.length >> 1;
    const first = await attempt(batch.slice(0, half), alone);
    // What is blocked keeps its order: the later drafts of such a conversation wait with the earlier ones.
    const blocked = new Map(first.map((entries) => [entries[0]!.draft.conversation, [...entries]]));
    const rest = batch.slice(half).filter((entry) => {
      const queue = blocked.get(entry.draft.conversation);
      queue?.push(entry);
      return !queue;
    });
    return [...blocked.values(), ...(await attempt(rest, alone))];
  }

  /** The conversations nobody holds go on at once; the others are handed back (rule 3). */
  async function splitBlocked(batch: readonly Waiting[]): Promise<readonly (readonly Waiting[])[]> {
    const ids = [...new Set(batch.map((entry) => entry.draft.conversation))];
    const free = new Set(ids.length === 1 ? [] : await probe(ids));
    const blocked = new Map<ConversationId, Waiting[]>();
    const rest = batch.filter((entry) => {
      const id = entry.draft.conversation;
      if (free.has(id)) return true;
      blocked.set(id, [...(blocked.get(id) ?? []), entry]);
      return false;
    });
    return [...blocked.values(), ...(await attempt(rest, false))];
  }

  async function probe(ids: readonly ConversationId[]): Promise<readonly ConversationId[]> {
    try {
      return await withSession(async (session) => {
        const [, rows] = await Promise.all([
          session.query('begin'),
          session.query<{ conversation_id: ConversationId }>(`${lockHeadsSql} skip locked`, [ids]),
          session.query('rollback'),
        ]);
        return rows.map((row) => row.conversation_id);
      });
    } catch {
      return []; // the database went away: each conversation finds out for itself
    }
  }

  return {
    run: (batch) => attempt(batch, false),
    async waitAlone(batch) {
      await limitAlone(() => attempt(batch, true));
    },
    close() {
      for (const session of idle.splice(0)) session.release(true);
    },
  };
}

function asSqlError(thrown: unknown): SqlError {
  return thrown instanceof SqlError
    ? thrown
    : new SqlError(String(thrown), { sqlState: 'XX000', connection: false, cause: thrown });
}

async function openSession(sql: Sql): Promise<SqlSession> {
  const session = await sql.session();
  try {
    await session.query(appendSessionSql);
    return session;
  } catch (thrown) {
    session.release(true);
    throw thrown;
  }
}

async function rollback(session: SqlSession): Promise<boolean> {
  try {
    await session.query('rollback');
    return !session.broken;
  } catch {
    return false;
  }
}

/** Answers those nobody waits for any more: not stored, or stored without anybody knowing; the same id tells later. */
function dropExpired(batch: readonly Waiting[], clock: Clock): readonly Waiting[] {
  const now = clock.monotonic();
  return batch.filter((entry) => {
    if (entry.deadline > now) return true;
    entry.answer({ code: 'service.unavailable', retryAfterMs: 1_000 });
    return false;
  });
}

/** The server went away, is starting, is stopping, has no connection to spare, or has become a standby. */
function isOutage(error: SqlError): boolean {
  return error.connection || /^(08|57P0[1-5]|53300|25006)/.test(error.sqlState);
}
