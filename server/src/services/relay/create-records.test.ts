import { describe, expect, test } from 'vitest';
import type { Relation, Row } from '../../ports/replication.ts';
import { createRecorder } from './create-records.ts';

const createRecords = createRecorder({ db: 'main', incarnation: '1.1.0' });

function record(schema: string, table: string, row: Row, op: 'c' | 'd' = 'c') {
  const relation: Relation = { schema, table, columns: Object.keys(row) };
  const change = op === 'd' ? { relation, op, before: row, after: null } : { relation, op, before: null, after: row };
  return createRecords(
    { commitLsn: 18446744073709551615n, committedAt: 5, firstOrdinal: 7, changes: [change, change] },
    9,
  );
}

describe('records of the bus', () => {
  test('carry the change in Debezium’s shape', () => {
    expect(record('chat', 'messages', { conversation_id: 'c', seq: 1 })[1]).toEqual({
      topic: 'parley.chat',
      key: 'c',
      value: {
        before: null,
        after: { conversation_id: 'c', seq: 1 },
        source: {
          db: 'main',
          schema: 'chat',
          table: 'messages',
          lsn: '18446744073709551615',
          ordinal: 8,
          incarnation: '1.1.0',
          ts_ms: 5,
          snapshot: false,
        },
        op: 'c',
        ts_ms: 9,
      },
    });
  });

  test('are keyed by conversation, else account, else owner, else id', () => {
    const keys = [
      record('chat', 'memberships', { user_id: 'u', conversation_id: 'c' }),
      record('chat', 'conversations', { id: 'c', created_by: 'u' }),
      record('identity', 'sessions', { id: 's', account_id: 'a' }),
      record('people', 'blocks', { blocked_id: 'b', owner_id: 'o' }),
      record('people', 'profiles', { id: 'p' }),
    ].map(([first]) => first?.key);
    expect(keys).toEqual(['c', 'c', 'a', 'o', 'p']);
  });

  test('a deletion that names only its primary key is keyed by that', () => {
    const relation: Relation = { schema: 'identity', table: 'sessions', columns: ['account_id', 'id'] };
    const changes = [{ relation, op: 'd', before: { id: 's' }, after: null }] as const;
    expect(createRecords({ commitLsn: 1n, committedAt: 0, firstOrdinal: 0, changes }, 0)[0]?.key).toBe('s');
  });
});
