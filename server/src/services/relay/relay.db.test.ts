import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  conversation,
  eventually,
  openBus,
  openRelayTest,
  type RelayTest,
  range,
  sender,
} from '../../../test-support/relay.ts';
import { fail } from '../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import type { PreferencesRow } from '../../model/chat-rows.ts';
import type { Bus, BusRecord } from '../../ports/bus.ts';

let relay: RelayTest;
beforeEach(async () => {
  relay = await openRelayTest();
});
afterEach(() => relay.close());

describe('the relay', () => {
  test('publishes rows in commit order, in the shape of model/change', async () => {
    const { bus, got, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    for (const seq of range(1, 31)) await relay.append(seq);
    await until(() => got.length >= 30);
    expect(seqs()).toEqual(range(1, 31));
    const { topic, key, value } = got[0] as BusRecord;
    expect({ topic, key, op: value.op, before: value.before }).toEqual({
      topic: 'parley.chat',
      key: conversation,
      op: 'c',
      before: null,
    });
    expect(value.after).toEqual({
      conversation_id: conversation,
      seq: 1,
      rev: 1,
      mod_rev: null,
      mod: null,
      id: 'm1',
      sender_id: sender,
      content: '{"type":"text","text":"hi"}',
      hash: 'AP8=',
      reply_to: null,
      thread: null,
      mentions: null,
      attachment: null,
      system: false,
      created_at: '2026-11-20T12:00:00.120Z',
      edited_at: null,
      deleted_at: null,
      reactions: '{}',
      pinned: false,
    });
    expect(value.source).toMatchObject({ db: 'main', schema: 'chat', table: 'messages', ordinal: 0, snapshot: false });
    expect(value.source.incarnation).toMatch(/^\d+\.1\.0$/);
    const lsns = got.map((record) => BigInt(record.value.source.lsn));
    for (let i = 1; i < lsns.length; i++) expect(lsns[i]! > lsns[i - 1]!).toBe(true);
  });

  test('publishes preferences by their conversation, with the row they replace', async () => {
    const { bus, got, until } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    const write = (notify: string, until: string | null) =>
      relay.database.sql.query(
        `insert into chat.preferences (conversation_id, user_id, notify, muted_until) values ($1, $2, $3, $4)
         on conflict (conversation_id, user_id) do update set notify = excluded.notify, muted_until = excluded.muted_until`,
        [conversation, sender, notify, until],
      );
    await write('mentions', null);
    await write('none', '2026-11-20T12:00:00.000Z');
    await until(() => got.length >= 2);
    const first: PreferencesRow = {
      conversation_id: conversation as ConversationId,
      user_id: sender as AccountId,
      muted_until: null,
      archived: false,
      pinned: false,
      notify: 'mentions',
      version: 1,
    };
    const second = { ...first, notify: 'none', muted_until: '2026-11-20T12:00:00.000Z' };
    expect(got.map(({ topic, key, value }) => [topic, key, value.source.table])).toEqual(
      Array(2).fill(['parley.chat', conversation, 'preferences']),
    );
    expect(got.map(({ value: { op, before, after } }) => ({ op, before, after }))).toEqual([
      { op: 'c', before: null, after: first },
      { op: 'u', before: first, after: second },
    ]);
  });

  test('keeps a transaction of 1,000 rows whole and numbers its changes', async () => {
    const { bus, got, until } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    await relay.append(1, 1_000);
    await until(() => got.length >= 1_000);
    expect(got.map((record) => record.value.source.ordinal)).toEqual(range(0, 1_000));
    expect(new Set(got.map((record) => record.value.source.lsn)).size).toBe(1);
  });

  test('brings a transaction of 30,000 rows without a hole', async () => {
    const { bus, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    await relay.append(1, 30_000);
    await until(() => seqs().length >= 30_000);
    expect(seqs()).toEqual(range(1, 30_001));
  });

  test('fills an unchanged TOAST value in from the old row', async () => {
    const { bus, got, until } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    const long = JSON.stringify({ type: 'text', text: Array.from({ length: 4_000 }, () => Math.random()).join() });
    await relay.append(1, 1, long);
    await relay.database.sql.query('update chat.messages set pinned = true, mod_rev = 2 where seq = 1');
    await until(() => got.length >= 2);
    expect(got[1]?.value).toMatchObject({ op: 'u', before: { pinned: false, mod_rev: null }, after: { mod_rev: 2 } });
    expect(got[1]?.value.after).toMatchObject({ content: long });
  });

  test('resumes after a stop with what was committed meanwhile', async () => {
    const { bus, until, seqs } = await openBus();
    const first = relay.openRelay(bus);
    await first.unit.start?.();
    await relay.append(1);
    await until(() => seqs().includes(1));
    await first.unit.stop?.();
    await relay.append(2, 5);
    const second = relay.openRelay(bus);
    await second.unit.start?.();
    await until(() => seqs().includes(6));
    expect([...new Set(seqs())]).toEqual(range(1, 7));
    expect(second.resets).toEqual([]);
  });

  test('goes on after its walsender was killed, again and again, and loses nothing', async () => {
    const { bus, until, seqs } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    for (const round of range(0, 8)) {
      // two writers at once, so that commits of one lie between rows and commit of the other
      const writes = range(0, 10).map((n) => relay.append(round * 10 + n + 1));
      await relay.database.sql.query(
        'select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active_pid is not null',
        [relay.slot],
      );
      await Promise.all(writes);
    }
    await until(() => new Set(seqs()).size >= 80);
    expect([...new Set(seqs())].toSorted((a, b) => a - b)).toEqual(range(1, 81));
  });

  test('confirms nothing the bus has not taken, and skips nothing when the bus comes back', async () => {
    const { bus, until, seqs } = await openBus();
    let refuse = true;
    let refused = 0;
    const flaky: Bus = {
      ...bus,
      async publish(records) {
        if (refuse) {
          refused++;
          throw fail('service.unavailable');
        }
        return bus.publish(records);
      },
    };
    await relay.openRelay(flaky).unit.start?.();
    await relay.append(1);
    const first = await relay.currentLsn();
    for (const seq of range(2, 6)) await relay.append(seq);
    await eventually(async () => refused >= 3);
    expect(await relay.isConfirmed(first)).toBe(false);
    refuse = false;
    await until(() => seqs().includes(5));
    expect([...new Set(seqs())]).toEqual(range(1, 6));
    const after = await relay.currentLsn();
    await eventually(() => relay.isConfirmed(after));
  });

  test('does not wait for one publish before the next, and confirms only an unbroken row of them', async () => {
    const pending: (() => void)[] = [];
    const sizes: number[] = [];
    const slow: Bus = {
      guarantees: { durable: false },
      publish: (records) => {
        sizes.push(records.length);
        return new Promise((resolve) => pending.push(resolve));
      },
      subscribe: () => Promise.reject(new Error('not here')),
      listen: () => Promise.reject(new Error('not here')),
      close: async () => {},
    };
    await relay.openRelay(slow).unit.start?.();
    const before = await relay.currentLsn();
    await relay.append(1);
    await eventually(async () => pending.length === 1);
    await relay.append(2);
    await eventually(async () => pending.length === 2);
    const after = await relay.currentLsn();
    pending[1]?.();
    // Several status messages later the first publish still holds the slot back.
    await relay.confirmed(5);
    expect(await relay.isConfirmed(after)).toBe(false);
    expect(before).not.toBe(after);
    pending[0]?.();
    await eventually(() => relay.isConfirmed(after));
  });

  test('reads no more than the bus takes', async () => {
    const pending: (() => void)[] = [];
    let rows = 0;
    let waiting = 0;
    let peak = 0;
    const slow: Bus = {
      guarantees: { durable: false },
      publish(records) {
        rows += records.length;
        waiting += records.length;
        peak = Math.max(peak, waiting);
        return new Promise((resolve) => {
          pending.push(() => {
            waiting -= records.length;
            resolve();
          });
        });
      },
      subscribe: () => Promise.reject(new Error('not here')),
      listen: () => Promise.reject(new Error('not here')),
      close: async () => {},
    };
    const { bus } = await openBus();
    const first = relay.openRelay(bus);
    await first.unit.start?.();
    await first.unit.stop?.();
    for (const n of range(0, 100)) await relay.append(n * 300 + 1, 300);
    await relay.openRelay(slow, { config: { maxOutstandingBytes: 100_000 } }).unit.start?.();
    await eventually(async () => {
      pending.shift()?.();
      return rows === 30_000 && pending.length === 0;
    });
    expect(peak).toBeLessThan(3_000);
  });

  test('confirms WAL of tables it does not publish', async () => {
    const { bus } = await openBus();
    await relay.openRelay(bus).unit.start?.();
    await relay.database.sql.query('create table chat.elsewhere as select generate_series(1, 10000)');
    const lsn = await relay.currentLsn();
    await eventually(() => relay.isConfirmed(lsn));
  });
});
