import type { Clock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { type Change, isNewer, type Version, versionOf } from '../../model/change.ts';
import type { Bus, BusRecord, GroupTopology, Subscription } from '../../ports/bus.ts';
import { type Sql, SqlError, type SqlSession } from '../../ports/sql.ts';
import { createProjectionPositions, type Source } from './projection-positions.ts';

/**
 * Writes what a batch of changes means; null: nothing of it concerns this projection. All statements are issued in the same
 * turn, because the transaction around them is one round trip.
 */
export type Fold = (changes: readonly Change<object>[]) => ((tx: SqlSession) => Promise<void>) | null;

/** The name of its consumer group is also that of its positions and its label in the metrics. */
export interface ProjectionChoice extends GroupTopology {
  /** The schema whose table `projection_positions` it uses: that of its effects. */
  readonly schema: string;
  readonly fold: Fold;
  /** The projection holds what these say. */
  onStored?(records: readonly BusRecord[]): void;
}

export interface ProjectionDeps {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface Projection {
  /** What the bus hands over, in order; rejects when it has to be handed over again. */
  apply(records: readonly BusRecord[]): Promise<void>;
  /** Subscribes to its topics. */
  readonly unit: Unit;
}

/** Records of one transaction at the most: a row or two for each of them stays below a thousand (rule 13). */
const maxBatch = 500;
const poisonAfter = 3;

interface Place extends Source {
  /** Everything up to here has been folded; null: nothing yet. */
  reached: Version | null;
  /** What the table says: less, where what came since concerned nobody. */
  stored: Version | null;
}

/**
 * A consumer that keeps a read model: its position is stored in the transaction of its effects (MESSAGE-PATH rule 13), by database
 * and incarnation, so what is replayed is skipped and nothing is skipped that was not written.
 *
 * That needs one sequence for each database, as the bus of one process gives it. A broker's partitions have none: what is older
 * than the position of one may be new in another. There the fold alone must do: replaying a key's changes in order must end
 * where it had ended.
 */
export function createProjection(deps: ProjectionDeps, choice: ProjectionChoice): Projection {
  const { sql, bus, clock } = deps;
  const { group, fold } = choice;
  const positions = createProjectionPositions(sql, choice.schema, group);
  const lag = deps.metrics.gauge(
    'parley_projection_lag_seconds',
    'Age of the oldest change a projection has in hand, or of the newest it took in when it has none',
    { projection: group },
  );
  const places = new Map<string, Place>();
  let subscription: Subscription | null = null;

  async function placeOf({ source }: Change<object>): Promise<Place> {
    const key = `${source.incarnation} ${source.db}`;
    const known = places.get(key);
    if (known) return known;
    const from = { database: source.db, incarnation: source.incarnation };
    const stored = await positions.load(from);
    const place = { ...from, reached: stored, stored };
    places.set(key, place);
    return place;
  }

  /** What was not folded before, and how far it goes. */
  async function skipKnown(records: readonly BusRecord[]) {
    const fresh: Change<object>[] = [];
    const ends = new Map<Place, Version>();
    for (const { value } of records) {
      const place = await placeOf(value);
      const version = versionOf(value);
      if (!isNewer(version, ends.get(place) ?? place.reached)) continue;
      ends.set(place, version);
      fresh.push(value);
    }
    return { fresh, ends };
  }

  async function applyInOrder(records: readonly BusRecord[]): Promise<void> {
    const { fresh, ends } = await skipKnown(records);
    const write = fresh.length > 0 ? fold(fresh) : null;
    if (write) {
      await inOneTrip(sql, {
        positions: (tx) => [...ends].map(([place, end]) => positions.store(tx, place, end, place.stored)),
        effects: write,
      }).catch((thrown) => {
        // Whether it was written is unknown: the table knows.
        places.clear();
        throw thrown;
      });
      for (const [place, end] of ends) place.stored = end;
    }
    for (const [place, end] of ends) place.reached = end;
  }

  async function applyAny(records: readonly BusRecord[]): Promise<void> {
    const write = fold(records.map(({ value }) => value));
    if (write) await inOneTrip(sql, { positions: () => [], effects: write });
  }

  const applyAll = bus.guarantees.durable ? applyAny : applyInOrder;
  const tellAge = (record: BusRecord | undefined) => {
    if (record) lag.set(Math.max(0, clock.wall() - record.value.source.ts_ms) / 1_000);
  };

  /** Each call is a commit: whoever wants fewer of them gathers records here (rule 33). */
  async function apply(records: readonly BusRecord[]): Promise<void> {
    tellAge(records[0]);
    await applyAll(records);
    tellAge(records.at(-1));
    choice.onStored?.(records);
  }

  const unit: Unit = {
    async start() {
      subscription = await bus.subscribe(group, choice.topics, apply, { maxBatch, poisonAfter });
    },
    async stop() {
      await subscription?.close();
    },
  };
  return { apply, unit };
}

/**
 * Fills a projection from the rows themselves, a page per transaction, in place: what it holds stays readable meanwhile, its
 * position stays, and the consumer of a running server may go on beside it. Resolves with the number of rows read.
 */
export async function rebuildProjection<Row extends object>(
  sql: Sql,
  from: {
    readonly schema: string;
    readonly table: string;
    readonly fold: Fold;
    /** The page after a row, in the order of the key; null: the first one. */
    readPage(after: Row | null): Promise<readonly Row[]>;
    /** Now and then. */
    onProgress(rows: number): void;
  },
): Promise<number> {
  let last: Row | null = null;
  let count = 0;
  let told = 0;
  for (;;) {
    const rows: readonly Row[] = await from.readPage(last);
    if (rows.length === 0) return count;
    const write = from.fold(rows.map((row) => asSnapshot(from.schema, from.table, row)));
    if (write) await sql.transaction(write);
    last = rows.at(-1) as Row;
    count += rows.length;
    if (count - told < 50_000) continue;
    told = count;
    from.onProgress(count);
  }
}

/** The row as a snapshot of the change stream would bring it. */
function asSnapshot<Row extends object>(schema: string, table: string, row: Row): Change<Row> {
  const source = { db: '', schema, table, lsn: '0', ordinal: 0, incarnation: '', ts_ms: 0, snapshot: true };
  return { before: null, after: row, source, op: 'r', ts_ms: 0 };
}

/**
 * A whole transaction pipelined: a busy event loop makes every round trip dear, and an index that needs four of them per
 * batch falls behind the messages it is made of. The positions come first: their lock waits for whoever else is at it.
 */
async function inOneTrip(
  sql: Sql,
  issue: {
    positions(tx: SqlSession): readonly Promise<unknown>[];
    effects(tx: SqlSession): Promise<void>;
  },
): Promise<void> {
  const tx = await sql.session();
  const begun = tx.query('begin');
  const stored = issue.positions(tx);
  const results = await Promise.allSettled([begun, ...stored, issue.effects(tx), tx.query('commit')]);
  tx.release();
  const at = results.findIndex((result) => result.status === 'rejected');
  if (at < 0) return;
  const { reason } = results[at] as PromiseRejectedResult;
  if (!(reason instanceof SqlError) || !/^(22|23|54)/.test(reason.sqlState)) throw reason;
  // Of a position: somebody was here in between, and the next attempt begins from what they have stored.
  if (at <= stored.length) throw fail('service.unavailable', { cause: reason });
  // A value that PostgreSQL will never take must become a dead letter; everything else is an outage and is tried again.
  throw fail('request.invalid', { cause: reason });
}
