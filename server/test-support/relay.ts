import { createMemoryBus } from '../src/adapters/bus/memory/create-memory-bus.ts';
import { createReplication } from '../src/adapters/replication/pgoutput/create-replication.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { createId } from '../src/kernel/ids.ts';
import type { Unit } from '../src/kernel/lifecycle.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import type { Bus, BusRecord } from '../src/ports/bus.ts';
import type { Replication } from '../src/ports/replication.ts';
import type { RelayConfig } from '../src/services/relay/config.ts';
import { createRelay } from '../src/services/relay/module.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

export type RelayTest = Awaited<ReturnType<typeof openRelayTest>>;

export interface RelayChoice {
  readonly url?: string;
  readonly publications?: readonly string[];
  readonly config?: Partial<RelayConfig>;
}

export const conversation = createId();
export const sender = createId();
export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
let serial = 0;

/** Asks until it holds; the test's own time limit ends it. */
export async function eventually(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A bus with one consumer that writes down what it gets; `until` asks again after every batch. */
export async function openBus() {
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 1, retryMaxMs: 5 });
  const got: BusRecord[] = [];
  const waiting = new Set<() => void>();
  await bus.subscribe('test', ['parley.chat', 'parley.identity', 'parley.people'], async (records) => {
    got.push(...records);
    for (const check of waiting) check();
  });
  const until = (enough: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!enough()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const seqOf = (record: BusRecord) => (record.value.after as { seq: number }).seq;
  return { bus, got, until, seqs: () => got.filter((r) => r.value.source.table === 'messages').map(seqOf) };
}

/** A database, a slot name of its own, and relays that follow it. `close` stops them first. */
export async function openRelayTest(open: () => Promise<TestDatabase> = openTestDatabase) {
  const database = await open();
  const units: Unit[] = [];
  let confirmations = 0;
  const slot = `relay_test_${process.pid}_${++serial}`;

  function openRelay(bus: Bus, choice: RelayChoice = {}) {
    const resets: string[] = [];
    const publications = choice.publications ?? ['parley_chat', 'parley_identity', 'parley_people'];
    const { unit } = createRelay({
      databases: [{ name: 'main', url: choice.url ?? database.url, publications, slot }],
      replication: countConfirmations(createReplication(), () => {
        confirmations += 1;
      }),
      bus,
      log: silentLog,
      metrics: noMetrics,
      clock: systemClock,
      config: { statusMs: 20, reconnectFirstMs: 10, reconnectMaxMs: 50, takeOverMs: 300, ...choice.config },
      onReset: (reason) => resets.push(reason),
    });
    units.push(unit);
    return { unit, resets };
  }

  /** Messages with rising seqs in one transaction. */
  async function append(from: number, count = 1, content = '{"type":"text","text":"hi"}') {
    await database.sql.query(
      `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
       select $1, n, n, 'm' || n, $2, $3, '\\x00ff', '2026-11-20 12:00:00.120+00' from generate_series($4::int, $5::int) n`,
      [conversation, sender, content, from, from + count - 1],
    );
  }

  async function confirmedLsn() {
    const [row] = await database.sql.query<{ lsn: string }>(
      'select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1',
      [slot],
    );
    return row?.lsn ?? '';
  }

  async function currentLsn() {
    const [row] = await database.sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    return row?.lsn ?? '';
  }

  async function isConfirmed(lsn: string) {
    const question = 'select $1::pg_lsn >= $2::pg_lsn as done';
    const [row] = await database.sql.query<{ done: boolean }>(question, [await confirmedLsn(), lsn]);
    return row?.done === true;
  }

  /** Resolves when the relays of this test have told the server so many times more how far they are. */
  const confirmed = (times: number) => {
    const enough = confirmations + times;
    return eventually(async () => confirmations >= enough);
  };

  /** The server needs a moment to notice that a connection is gone. */
  const isFree = () =>
    eventually(async () => {
      const sql = 'select 1 from pg_replication_slots where slot_name = $1 and active_pid is not null';
      return (await database.sql.query(sql, [slot])).length === 0;
    });

  async function close() {
    await Promise.all(units.map((unit) => unit.stop?.()));
    await isFree();
    await database.close();
  }

  return { database, units, slot, openRelay, append, confirmedLsn, currentLsn, isConfirmed, confirmed, isFree, close };
}

function countConfirmations(replication: Replication, count: () => void): Replication {
  return {
    ...replication,
    async connect(options) {
      const connection = await replication.connect(options);
      return {
        ...connection,
        confirm(lsn) {
          connection.confirm(lsn);
          count();
        },
      };
    },
  };
}
