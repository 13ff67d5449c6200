import { expect, test } from 'vitest';
import { chooseSteps, steps } from './steps.mjs';
import { summarize } from './summarize.mjs';

const result = {
  ...{ name: 'unit', minutes: 2, seconds: 3, ok: true, passed: 5, failed: 0, skipped: 1, note: '' },
  ...{ failures: [], unstable: [] },
};

test('the last line sums the tests of every step', () => {
  const text = summarize([result, { ...result, name: 'database', ok: false, passed: 2, failed: 4 }], 90);
  expect(text).toContain('1.5 minutes in all');
  expect(text.split('\n').at(-1)).toBe('7 passed, 4 failed, 2 skipped');
});

test('what failed stands between the table and the last line', () => {
  const failures = [{ file: 'a.test.ts', test: 'adds', error: 'Error: no' }];
  const text = summarize([{ ...result, ok: false, failed: 1, failures }], 3);
  expect(text.split('\n').slice(-4)).toEqual([
    'FAILED  unit  a.test.ts  adds',
    '    Error: no',
    '',
    '5 passed, 1 failed, 1 skipped',
  ]);
});

test('what was unstable is counted apart and fails nothing', () => {
  const unstable = [{ file: 'a.test.ts', test: 'adds', error: 'Error: no' }];
  const text = summarize([{ ...result, unstable }], 3);
  expect(text).toContain('5 passed, 0 failed, 1 skipped; 1 unstable');
  expect(text).toContain('UNSTABLE  unit  a.test.ts  adds');
});

test('a step says what it could not have and when it was too slow', () => {
  const [first] = summarize([{ ...result, seconds: 121, note: 'no Chromium here' }], 121).split('\n');
  expect(first).toContain('no Chromium here; over its budget of 2 min');
});

test('steps run in their own order, whatever the order of their names', () => {
  expect(chooseSteps(['unit', 'format']).map((step) => step.name)).toEqual(['format', 'unit']);
  expect(chooseSteps([])).toBe(steps);
});

test('an unknown step is refused with the list', () => {
  expect(() => chooseSteps(['units'])).toThrow(/no step units; there are: .*unit/);
});

test('the whole fits into 20 minutes of two cores', () => {
  expect(steps.reduce((sum, step) => sum + step.minutes * step.load, 0) / 2).toBeLessThanOrEqual(20);
});
