import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../test-support/database.ts';
import { eventually, openBus, openRelayTest, type RelayTest, range } from '../../../test-support/relay.ts';
import { fail } from '../../kernel/errors.ts';
import type { Bus } from '../../ports/bus.ts';

let relay: RelayTest;
beforeEach(async () => {
  relay = await openRelayTest();
});
afterEach(() => relay.close());

describe('the replication slot', () => {
  test('makes a lost slot anew, says so, and sends every row again', async () => {
    const { bus, got, until } = await openBus();
    const first = relay.openRelay(bus);
    await first.unit.start?.();
    await relay.append(1, 2_500);
    await until(() => got.length >= 2_500);
    await first.unit.stop?.();
    await relay.isFree();
    await relay.database.sql.query('select pg_drop_replication_slot($1)', [relay.slot]);
    await relay.append(2_501);
    got.length = 0;
    const second = relay.openRelay(bus);
    await second.unit.start?.();
    expect(second.resets).toEqual(['there was no slot']);
    expect(got.map((record) => record.value.op)).toEqual(range(0, 2_501).map(() => 'r'));
    expect(got[0]?.value.source).toMatchObject({ snapshot: true, table: 'messages' });
    expect(got[0]?.value.after).toMatchObject({ created_at: '2026-11-20T12:00:00.120Z' });
    await relay.append(2_502);
    await until(() => got.length >= 2_502);
    expect(got.at(-1)?.value).toMatchObject({ op: 'c', after: { seq: 2_502 } });
    expect(BigInt(got.at(-1)!.value.source.lsn)).toBeGreaterThan(BigInt(got[0]!.value.source.lsn));
  });

  test('notices a slot that vanished between two connections', async () => {
    const { bus, got, until } = await openBus();
    const { unit, resets } = relay.openRelay(bus);
    await unit.start?.();
    await relay.append(1);
    await until(() => got.length === 1);
    const drop = `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1`;
    const kill = `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active_pid is not null`;
    await eventually(async () => {
      await relay.database.sql.query(kill, [relay.slot]);
      return relay.database.sql.query(drop, [relay.slot]).then(
        () => true,
        () => false,
      );
    });
    await until(() => got.some((record) => record.value.op === 'r'));
    expect(resets).toEqual(['the slot is gone']);
  });

  test('a restored database is another incarnation: the slot and all rows anew', async () => {
    const { bus, got, until } = await openBus();
    const { unit, resets } = relay.openRelay(bus);
    await unit.start?.();
    await relay.append(1);
    await until(() => got.length === 1);
    await relay.database.sql.query(`update chat.incarnation set restore = 'r1'`);
    await relay.database.sql.query(
      'select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1',
      [relay.slot],
    );
    await until(() => got.some((record) => record.value.op === 'r'));
    expect(resets).toHaveLength(1);
    expect(got.at(-1)?.value.source.incarnation).toMatch(/\.1\.r1$/);
  });

  test('repeats a snapshot that was interrupted', async () => {
    const { bus, got, until } = await openBus();
    await relay.append(1, 10);
    let refuse = true;
    const flaky: Bus = {
      ...bus,
      async publish(records) {
        if (refuse) {
          refuse = false;
          throw fail('service.unavailable');
        }
        return bus.publish(records);
      },
    };
    await relay.openRelay(flaky).unit.start?.();
    await until(() => got.length >= 10);
    expect(got.map((record) => record.value.op)).toEqual(range(0, 10).map(() => 'r'));
  });

  test('stops in the middle of a snapshot nobody takes, and leaves no slot behind', async () => {
    await relay.append(1, 10);
    let published: () => void = () => {};
    const reached = new Promise<void>((resolve) => {
      published = resolve;
    });
    const stuck: Bus = {
      guarantees: { durable: false },
      publish() {
        published();
        return new Promise(() => {});
      },
      subscribe: () => Promise.reject(new Error('not here')),
      listen: () => Promise.reject(new Error('not here')),
      close: async () => {},
    };
    const { unit } = relay.openRelay(stuck);
    const refused = expect(unit.start?.()).rejects.toThrow('stopping');
    await reached;
    await unit.stop?.();
    await refused;
    expect(await relay.confirmedLsn()).toBe('');
  });

  test('takes the slot over from an earlier relay that never went away', async () => {
    const first = await openBus();
    await relay.openRelay(first.bus).unit.start?.();
    const second = await openBus();
    const later = relay.openRelay(second.bus);
    const [before] = await relay.database.sql.query<{ pid: number }>(
      'select active_pid as pid from pg_replication_slots where slot_name = $1',
      [relay.slot],
    );
    void later.unit.start?.().catch(() => {});
    await eventually(async () => {
      const [now] = await relay.database.sql.query<{ pid: number | null }>(
        'select active_pid as pid from pg_replication_slots where slot_name = $1',
        [relay.slot],
      );
      return now !== undefined && now.pid !== null && now.pid !== before?.pid;
    });
  });

  test('says what is wrong when no retry can help', async () => {
    const { bus } = await openBus();
    await expect(relay.openRelay(bus, { publications: ['nobody'] }).unit.start?.()).rejects.toThrow(
      'lacks the publication nobody',
    );
    await expect(relay.openRelay(bus, { url: `${relay.database.url}_missing` }).unit.start?.()).rejects.toThrow(
      'does not exist',
    );
    const other = await openTestDatabase();
    await relay.openRelay(bus, { url: other.url }).unit.start?.();
    await expect(relay.openRelay(bus).unit.start?.()).rejects.toThrow('give this one a slot of another name');
    await Promise.all(relay.units.map((unit) => unit.stop?.()));
    await relay.isFree();
    await other.close();
  });
});
