import { setTimeout } from 'node:timers/promises';
import { createDeferred, type Deferred } from '../../kernel/deferred.ts';
import type { Log } from '../../kernel/log.ts';
import type { SideConnection } from '../../ports/replication.ts';

/** Knows when what was read from the log can be read from the tables (MESSAGE-PATH rule 39). */
export interface Visibility {
  /**
   * Resolves, in the order of the calls, once every snapshot taken from then on shows these transactions. Rejects when that cannot
   * be learned: the connection was lost, or closed.
   */
  until(xids: ReadonlySet<number>): Promise<void>;
  close(): Promise<void>;
}

interface Waiter extends Deferred<void> {
  readonly xids: ReadonlySet<number>;
}

/** Without a standby the window lasts far below a millisecond: repeats without a pause, before pauses of 1 ms and more. */
const atOnce = 5;
const longestPauseMs = 50;

/**
 * PostgreSQL writes a commit to the log before it takes the transaction from the list of running ones, and with synchronous standbys
 * it waits for them in between. One statement answers for all who wait. `streamPid`: the backend that serves the stream.
 */
export function createVisibility(connection: SideConnection, streamPid: number, log: Log): Visibility {
  const waiting: Waiter[] = [];
  let asking = false;
  let over: Error | null = null;

  function end(reason: Error): void {
    over ??= reason;
    for (const { reject } of waiting.splice(0)) reject(over);
  }

  async function ask(): Promise<void> {
    asking = true;
    try {
      for (let tries = 0; waiting.length > 0; tries++) {
        if (tries > atOnce) await setTimeout(Math.min(longestPauseMs, 2 ** (tries - atOnce - 1)));
        const isEnded = tries > atOnce ? await readAgain() : await readSnapshot();
        let shown = 0;
        while (shown < waiting.length && [...(waiting[shown] as Waiter).xids].every(isEnded)) shown++;
        for (const { resolve } of waiting.splice(0, shown)) resolve();
        if (shown > 0) tries = -1;
      }
    } catch (thrown) {
      end(thrown as Error);
    }
    // In the turn of the last look at who waits: who asks again as soon as they are answered must begin anew.
    asking = false;
  }

  async function readSnapshot(): Promise<(xid: number) => boolean> {
    const [row] = await connection.query('select pg_current_snapshot() as snapshot');
    return endedIn(row?.snapshot ?? '');
  }

  /** A commit that waits for the relay's own confirmation, as for a standby, would wait for ever: it is told unseen. */
  async function readAgain(): Promise<(xid: number) => boolean> {
    const [row] = await connection.query(`select pg_current_snapshot() as snapshot,
      (select sync_state from pg_stat_replication where pid = ${streamPid}) as state`);
    if (row?.state !== 'sync' && row?.state !== 'quorum') return endedIn(row?.snapshot ?? '');
    log.error(
      { state: row.state },
      'synchronous_standby_names counts the relay as a standby: changes are told before they can be read; name the standbys',
    );
    return () => true;
  }

  return {
    until(xids) {
      if (over) return Promise.reject(over);
      const waiter = { ...createDeferred<void>(), xids };
      waiting.push(waiter);
      if (!asking) void ask();
      return waiter.promise;
    },
    async close() {
      end(new Error('nobody asks any more what can be read'));
      await connection.close();
    },
  };
}

/**
 * Whether a transaction has ended in a snapshot, written `xmin:xmax:xip,…`. The log names a transaction by the lower 32 bits of its
 * number, always less than 2^31 away from the snapshot's. Only those below xmax that are not listed have ended, so others that
 * stay open for long delay nothing.
 */
export function endedIn(snapshot: string): (xid: number) => boolean {
  const [, xmax, running] = /^\d+:(\d+):([\d,]*)$/.exec(snapshot) ?? [];
  if (xmax === undefined) throw new Error(`"${snapshot}" is not a snapshot`);
  const open = new Set(running ? running.split(',').map(lower32) : []);
  const next = lower32(xmax);
  return (xid) => {
    const age = (next - xid) >>> 0;
    return age > 0 && age < 2 ** 31 && !open.has(xid);
  };
}

function lower32(xid: string): number {
  return Number(BigInt.asUintN(32, BigInt(xid)));
}
