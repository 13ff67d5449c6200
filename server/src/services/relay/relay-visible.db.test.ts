import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ownDatabaseServer, type TestDatabase } from '../../../test-support/database.ts';
import { eventually, openBus, openRelayTest, type RelayTest, range } from '../../../test-support/relay.ts';
import type { SqlSession } from '../../ports/sql.ts';

/**
 * What is told can be read (rule 39). A commit that waits for a standby which does not exist holds the window open: it is in the
 * log, where the relay reads, and no snapshot shows it.
 */

// Its settings are changed: a server of its own.
let open: (services?: readonly string[]) => Promise<TestDatabase>;
let relay: RelayTest;

beforeAll(async () => {
  open = await ownDatabaseServer();
});
beforeEach(async () => {
  relay = await openRelayTest(() => open(['chat', 'identity', 'people']));
  // Only who asks for it waits for the standby.
  await configure('synchronous_commit', 'local');
});
afterEach(async () => {
  await configure('synchronous_standby_names', '');
  await relay.close();
});

async function configure(name: string, value: string): Promise<void> {
  await relay.database.sql.query(`alter system set ${name} = '${value}'`);
  await relay.database.sql.query('select pg_reload_conf()');
  await eventually(async () => {
    const [row] = await relay.database.sql.query<{ value: string }>('select current_setting($1) as value', [name]);
    return row?.value === value;
  });
}

const insert = `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
  select gen_random_uuid(), n, n, 'm' || n, gen_random_uuid(), '{}', '\\x00', now() from generate_series($1::int, $2::int) n`;

async function visible(): Promise<number[]> {
  const rows = await relay.database.sql.query<{ seq: number }>('select seq from chat.messages order by seq');
  return rows.map(({ seq }) => seq);
}

interface Statement {
  /** Whether it waits for a standby; false when it has ended instead. */
  waits(): Promise<boolean>;
  /** Ends the wait: the commit stands. */
  cancel(): Promise<void>;
}

/** One statement of a session that waits for standbys. */
async function begin(text: string, values: readonly unknown[] = []): Promise<Statement> {
  const session: SqlSession = await relay.database.sql.session();
  await session.query('set synchronous_commit = on');
  const [backend] = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
  let over = false;
  const done = session.query(text, values).finally(() => {
    over = true;
    session.release(true);
  });
  let waiting = false;
  return {
    async waits() {
      await eventually(async () => {
        const [activity] = await relay.database.sql.query<{ event: string | null }>(
          'select wait_event as event from pg_stat_activity where pid = $1',
          [backend?.pid],
        );
        waiting = activity?.event === 'SyncRep';
        return waiting || over;
      });
      return waiting;
    },
    async cancel() {
      await relay.database.sql.query('select pg_cancel_backend($1)', [backend?.pid]);
      await done;
    },
  };
}

/** Another process of the server decides that commits wait, a moment after sessions see the setting: tried until one does. */
async function requireStandby(): Promise<void> {
  await configure('synchronous_standby_names', 'nobody');
  await eventually(async () => {
    const probe = await begin(`select pg_logical_emit_message(true, 'probe', '')`);
    const waits = await probe.waits();
    if (waits) await probe.cancel();
    return waits;
  });
}

/** A commit in the log that nobody sees. `release` lets it be seen. */
async function commitUnseen(from: number, to = from): Promise<{ release(): Promise<void> }> {
  const statement = await begin(insert, [from, to]);
  expect(await statement.waits()).toBe(true);
  return { release: statement.cancel };
}

/** The relay has been sent the log up to here, and has since told the server how far it is. */
async function relayHasRead(): Promise<void> {
  const lsn = await relay.currentLsn();
  await eventually(async () => {
    const rows = await relay.database.sql.query(
      `select 1 from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
       where s.slot_name = $1 and r.sent_lsn >= $2::pg_lsn`,
      [relay.slot, lsn],
    );
    return rows.length > 0;
  });
  await relay.confirmed(3);
}

/** The one backend that serves the relay so, when it is not `former`; what was lost may take a moment to end. */
async function relayBackend(type: 'walsender' | 'client backend', former = 0): Promise<number> {
  let pids: number[] = [];
  await eventually(async () => {
    const rows = await relay.database.sql.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'parley-relay' and backend_type = $1`,
      [type],
    );
    pids = rows.map(({ pid }) => pid);
    return pids.length === 1 && pids[0] !== former;
  });
  return pids[0] as number;
}

describe('a change is told', () => {
  test('when it can be read, and what follows it after it', async () => {
    const { bus, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    await requireStandby();
    const unseen = await commitUnseen(1);
    await relay.append(2);
    await relayHasRead();
    const before = await relay.currentLsn();
    expect({ visible: await visible(), told: seqs() }).toEqual({ visible: [2], told: [] });
    expect(await relay.isConfirmed(before)).toBe(false);
    await unseen.release();
    await until(() => seqs().length >= 2);
    expect(seqs()).toEqual([1, 2]);
    expect(await visible()).toEqual([1, 2]);
    await eventually(() => relay.isConfirmed(before));
  });

  test('whatever other transactions are open, with subtransactions of its own, and in parts', async () => {
    const { bus, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    const { sql } = relay.database;
    await sql.transaction(async (open) => {
      await open.query(insert, [900_000, 900_000]);
      await sql.transaction(async (tx) => {
        for (const seq of range(1, 4)) {
          await tx.query(`savepoint s${seq}`);
          await tx.query(insert, [seq, seq]);
          if (seq === 2) await tx.query(`rollback to savepoint s${seq}`);
        }
      });
      await relay.append(4, 20_000);
      await until(() => seqs().length >= 20_002);
    });
    await until(() => seqs().length >= 20_003);
    expect(seqs()).toEqual([1, 3, ...range(4, 20_004), 900_000]);
  });

  test('once, after either connection was lost while it could not be read', async () => {
    const { bus, until, seqs } = await openBus();
    const { unit, resets } = relay.openRelay(bus);
    await unit.start?.();
    await requireStandby();
    const unseen = await commitUnseen(1);
    for (const type of ['walsender', 'client backend'] as const) {
      await relayHasRead();
      const pid = await relayBackend(type);
      await relay.database.sql.query('select pg_terminate_backend($1)', [pid]);
      expect(await relayBackend(type, pid)).not.toBe(pid);
    }
    await relayHasRead();
    expect(seqs()).toEqual([]);
    await unseen.release();
    await relay.append(2);
    await until(() => seqs().includes(2));
    expect({ told: seqs(), resets }).toEqual({ told: [1, 2], resets: [] });
  });

  test('before it can be read where the commit waits for the relay itself', async () => {
    const { bus, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    await requireStandby();
    await commitUnseen(1);
    await relayHasRead();
    expect(seqs()).toEqual([]);
    await configure('synchronous_standby_names', '*');
    await until(() => seqs().length >= 1);
    await eventually(async () => (await visible()).length === 1);
    expect(await visible()).toEqual([1]);
  });

  test('and the relay stops while it waits', async () => {
    const { bus, seqs } = await openBus();
    const { unit } = relay.openRelay(bus);
    await unit.start?.();
    await requireStandby();
    const unseen = await commitUnseen(1);
    await relayHasRead();
    await unit.stop?.();
    expect(seqs()).toEqual([]);
    await unseen.release();
  });
});
