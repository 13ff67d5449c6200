import { expect, test } from 'vitest';
import { codeOfSqlError, SqlError, toFailureOfSql } from './sql.ts';

const error = (sqlState: string, connection = false) => new SqlError('relation secret', { sqlState, connection });

test.each([
  ['', true, 'service.unavailable'],
  ['57P01', true, 'service.unavailable'],
  ['25006', false, 'service.unavailable'],
  ['40P01', false, 'service.unavailable'],
  ['53100', true, 'storage.full'],
  ['53200', false, 'service.overloaded'],
  ['57014', false, 'service.timeout'],
  ['55P03', false, 'service.timeout'],
  ['23505', false, 'internal'],
  ['42P01', false, 'internal'],
] as const)('SQLSTATE "%s" (connection lost: %s) reads %s', (sqlState, connection, code) => {
  expect(codeOfSqlError(error(sqlState, connection))).toBe(code);
});

test('the failure says when to come back and nothing of the database', () => {
  const failure = toFailureOfSql(error('57014'));
  expect(failure).toMatchObject({ code: 'service.timeout', retryAfterMs: 1_000 });
  expect(failure.message).not.toContain('secret');
  expect(toFailureOfSql(failure)).toBe(failure);
});
