import { afterEach, beforeEach, describe, test } from 'vitest';
import type { Sql } from '../../src/ports/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../test-support/database.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, type SqlFault, sqlFaults } from './break-sql.ts';
import { sqlProperties } from './properties.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await openTestDatabase([]);
});
afterEach(async () => {
  for (const each of [db, ...others.splice(0)]) await each.close();
});

const others: TestDatabase[] = [];

/** Properties make tables of one name. */
async function openAnother(): Promise<Sql> {
  const opened = await openTestDatabase([]);
  others.push(opened);
  return opened.sql;
}

describe('SQL over pg', () => {
  for (const property of sqlProperties) {
    test(property.name, () => property.check(db.sql));
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<SqlFault, string> = {
  'dates come as Date': 'promised types',
  'big numbers are rounded': 'beyond 2^53',
  'nulls in arrays become empty': 'arrive unchanged',
  'the SQLSTATE is lost': 'SQLSTATE and constraint',
  'a lost connection looks like a failed statement': 'lost connection',
  'statements overtake each other': 'in order',
  'a throw commits': 'kept whole',
  'a failed commit resolves': 'was a rollback',
  'a released session stays in its transaction': 'given back in a transaction',
  'names are ignored': 'prepared once',
};

describeFaults({
  properties: sqlProperties,
  noticedBy,
  alsoBroken,
  create: openAnother,
  break: (sql, fault) => sqlFaults[fault](sql),
});
