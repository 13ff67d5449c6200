import { fail } from '../../../kernel/errors.ts';
import { type Change, isNewer, type Version, versionOf } from '../../../model/change.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import { type Sql, SqlError, type SqlSession } from '../../../ports/sql.ts';

/**
 * Writes what a batch of changes means; null: nothing of it concerns this projection. All statements are issued in the same
 * turn, because the transaction around them is one round trip.
 */
export type Fold = (changes: readonly Change<object>[]) => ((tx: SqlSession) => Promise<void>) | null;

/**
 * A consumer whose position is stored in the transaction of its effects (MESSAGE-PATH rule 13): what is replayed after a crash
 * is skipped, and nothing is skipped that was not written.
 *
 * @param ordered the records come as one sequence. A broker's partitions have none: what is older than the position of one may
 *   be new in another. There the fold alone must do, which it does: replaying a key's changes in order ends where it had ended.
 */
export function createProjection(
  sql: Sql,
  consumer: string,
  fold: Fold,
  ordered: boolean,
): (records: readonly BusRecord[]) => Promise<void> {
  let position: Version | null | undefined;

  if (!ordered) {
    return async (records) => {
      const write = fold(records.map(({ value }) => value));
      if (write) await refuseForGood(inOneTrip(sql, (tx) => [write(tx)]));
    };
  }
  return async (records) => {
    position ??= await loadPosition(sql, consumer);
    const reached = position;
    const fresh = records.map(({ value }) => value).filter((change) => isNewer(versionOf(change), reached));
    const last = fresh.at(-1);
    if (!last) return;
    const write = fold(fresh);
    if (write) {
      await refuseForGood(inOneTrip(sql, (tx) => [write(tx), storePosition(tx, consumer, versionOf(last))]));
    }
    position = versionOf(last);
  };
}

/**
 * A whole transaction pipelined: a busy event loop makes every round trip dear, and an index that needs four of them per
 * batch falls behind the messages it is made of.
 */
async function inOneTrip(sql: Sql, issue: (tx: SqlSession) => readonly Promise<unknown>[]): Promise<void> {
  const tx = await sql.session();
  const results = await Promise.allSettled([tx.query('begin'), ...issue(tx), tx.query('commit')]);
  tx.release();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function loadPosition(sql: Sql, consumer: string): Promise<Version | null> {
  const [row] = await sql.query<{ incarnation: string; lsn: string; ordinal: number }>(
    'select incarnation, lsn::text as lsn, ordinal from chat.consumer_positions where consumer = $1',
    [consumer],
  );
  return row ? { incarnation: row.incarnation, lsn: BigInt(row.lsn), ordinal: row.ordinal } : null;
}

function storePosition(tx: SqlSession, consumer: string, version: Version): Promise<unknown> {
  return tx.query(
    `insert into chat.consumer_positions (consumer, incarnation, lsn, ordinal) values ($1, $2, $3, $4)
     on conflict (consumer) do update
       set incarnation = excluded.incarnation, lsn = excluded.lsn, ordinal = excluded.ordinal`,
    [consumer, version.incarnation, version.lsn.toString(), version.ordinal],
    'chat-position',
  );
}

/** A value that PostgreSQL will never take must become a dead letter; everything else is an outage and is tried again. */
async function refuseForGood(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (thrown) {
    if (thrown instanceof SqlError && /^(22|23|54)/.test(thrown.sqlState))
      throw fail('request.invalid', { cause: thrown });
    throw thrown;
  }
}
