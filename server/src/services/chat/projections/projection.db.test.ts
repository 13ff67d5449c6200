import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRecord, numberOf } from '../../../../conformance/bus/fixtures.ts';
import { openTestDatabase } from '../../../../test-support/database.ts';
import type { Change } from '../../../model/change.ts';
import { createProjection } from './projection.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());

function collect(ordered: boolean) {
  const got: number[] = [];
  const fold = (changes: readonly Change<object>[]) => {
    got.push(...changes.map((value) => numberOf({ topic: '', key: '', value })));
    return async () => {};
  };
  return { got, project: createProjection(database.sql, `test-${ordered}`, fold, ordered) };
}

test('of one sequence, what is not newer than the position has been folded before', async () => {
  const { got, project } = collect(true);
  await project([createRecord('a', 5)]);
  await project([createRecord('b', 3), createRecord('a', 5), createRecord('b', 6)]);
  expect(got).toEqual([5, 6]);
});

test('of several partitions, an older record may be new', async () => {
  const { got, project } = collect(false);
  await project([createRecord('a', 5)]);
  await project([createRecord('b', 3)]);
  expect(got).toEqual([5, 3]);
});
