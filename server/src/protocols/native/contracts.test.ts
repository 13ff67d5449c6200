import { closeCodes, errorCodes } from '@parley/contracts';
import { expect, test } from 'vitest';
import { errorTable } from '../../kernel/errors.ts';

test('the codes of the contracts are the rows of the table', () => {
  expect([...errorCodes].sort()).toEqual(Object.keys(errorTable).sort());
});

test('every close code of the table has a name in the contracts', () => {
  const named = new Set<number>(Object.values(closeCodes));
  for (const { close } of Object.values(errorTable)) if (close !== null) expect(named).toContain(close);
});
