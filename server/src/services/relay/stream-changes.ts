import type { Clock } from '../../kernel/clock.ts';
import { createDeferred } from '../../kernel/deferred.ts';
import type { Log } from '../../kernel/log.ts';
import type { Bus, BusRecord } from '../../ports/bus.ts';
import type { ReplicationConnection, TransactionPart } from '../../ports/replication.ts';
import { type ConfirmQueue, createConfirmQueue } from './confirm-queue.ts';
import type { CreateRecords } from './create-records.ts';
import type { Visibility } from './visibility.ts';

export interface StreamDeps {
  readonly bus: Bus;
  readonly visibility: Pick<Visibility, 'until'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxOutstandingBytes: number;
  readonly statusMs: number;
  onRows(count: number): void;
  /** All consumers (or the broker) have a batch; seconds since its commit. */
  onLanded(seconds: number): void;
}

export interface StreamTarget {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly from: bigint;
  readonly createRecords: CreateRecords;
}

export interface ChangeStream {
  /** Resolves with the reason when the stream is over; it never goes on after a failure. */
  readonly ended: Promise<Error>;
  /** Everything before this LSN is safe. */
  readonly confirmed: bigint;
  /** Bytes read and not yet safe. */
  readonly outstanding: number;
  /** When no batch is on its way any more, landed or failed. */
  settled(): Promise<unknown>;
}

/**
 * Reads the slot and publishes whole transactions once they can be read (rule 39), many publishes in flight. The slot is told only
 * of what the bus has (MESSAGE-PATH rule 10); a publish that fails ends the stream, and the next one reads from the last confirmed LSN again.
 */
export async function streamChanges(
  connection: ReplicationConnection,
  target: StreamTarget,
  deps: StreamDeps,
): Promise<ChangeStream> {
  const queue: ConfirmQueue = createConfirmQueue(target.from);
  const inFlight = new Set<Promise<void>>();
  let batch: BusRecord[] = [];
  let xids = new Set<number>();
  let batchBytes = 0;
  let batchEnd: bigint | null = null;
  let batchCommittedAt = 0;
  let scheduled = false;
  let outstanding = 0;
  let paused = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const ended = createDeferred<Error>();

  function end(reason: Error): void {
    over = true;
    clearInterval(timer);
    ended.resolve(reason);
  }

  function onTransaction(part: TransactionPart): void {
    if (over) return;
    for (const table of part.truncated) {
      deps.log.error(
        { table, lsn: String(part.commitLsn) },
        'a published table was truncated; consumers do not learn of it',
      );
    }
    for (const record of target.createRecords(part, deps.clock.wall())) batch.push(record);
    xids.add(part.xid);
    batchBytes += part.bytes;
    batchEnd = part.endLsn;
    batchCommittedAt = part.committedAt;
    // What one read from the socket brought goes as one publish: it is handed over before this turn ends.
    if (!scheduled) {
      scheduled = true;
      queueMicrotask(flush);
    }
  }

  function flush(): void {
    scheduled = false;
    if (over || batch.length === 0) {
      if (batchEnd !== null && !over) queue.land(queue.depart(batchEnd));
      batchEnd = null;
      batchBytes = 0;
      xids.clear();
      return;
    }
    const records = batch;
    const shown = deps.visibility.until(xids);
    const bytes = batchBytes;
    const flight = queue.depart(batchEnd);
    const committedAt = batchCommittedAt;
    batch = [];
    xids = new Set();
    batchBytes = 0;
    batchEnd = null;
    outstanding += bytes;
    deps.onRows(records.length);
    const landing = shown
      .then(() => deps.bus.publish(records))
      .then(
        () => {
          queue.land(flight);
          return true;
        },
        (reason: Error) => {
          end(reason);
          return false;
        },
      )
      .then((landed) => {
        inFlight.delete(landing);
        outstanding -= bytes;
        if (landed) deps.onLanded((deps.clock.wall() - committedAt) / 1_000);
        if (paused && outstanding <= deps.maxOutstandingBytes / 2) {
          paused = false;
          connection.resume();
        }
      });
    inFlight.add(landing);
    if (!paused && outstanding > deps.maxOutstandingBytes) {
      paused = true;
      connection.pause();
    }
  }

  function onKeepalive(lsn: bigint, reply: boolean): void {
    flush();
    // Confirmed once everything before it has landed; else an idle publication would keep WAL for ever.
    queue.land(queue.depart(lsn));
    if (reply) connection.confirm(queue.confirmed);
  }

  await connection.stream(target, { onTransaction, onKeepalive, onEnd: end });
  if (!over) timer = setInterval(() => connection.confirm(queue.confirmed), deps.statusMs);
  return {
    ended: ended.promise,
    get confirmed() {
      return queue.confirmed;
    },
    get outstanding() {
      return outstanding;
    },
    settled: () => Promise.all(inFlight),
  };
}
