import { expect, test } from 'vitest';
import { describeFailures } from './describe-failures.mjs';

const failure = (number) => ({
  file: `${number}.test.ts`,
  test: `test ${number}`,
  error: Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n'),
});
const failures = (count) => Array.from({ length: count }, (_, index) => failure(index));

test('nothing failed: not a line', () => {
  expect(describeFailures([{ name: 'unit', failures: [], unstable: [] }])).toEqual([]);
});

test('one failure shows 15 lines of its error', () => {
  const lines = describeFailures([{ name: 'unit', failures: failures(1), unstable: [] }]);
  expect(lines).toHaveLength(16);
  expect(lines[0]).toBe('FAILED  unit  0.test.ts  test 0');
  expect(lines[15]).toBe('    line 14');
});

test('ten failures are all named and share the lines; what is more is counted', () => {
  const lines = describeFailures([{ name: 'unit', failures: failures(12), unstable: failures(1) }]);
  expect(lines.filter((line) => line.startsWith('FAILED'))).toHaveLength(10);
  expect(lines.length).toBeLessThanOrEqual(25);
  expect(lines.at(-1)).toBe('… and 3 more');
});

test('failures of every step come before what was unstable in any', () => {
  const lines = describeFailures([
    { name: 'unit', failures: [], unstable: failures(1) },
    { name: 'web', failures: failures(1), unstable: [] },
  ]);
  expect(lines.filter((line) => !line.startsWith(' '))).toEqual([
    'FAILED  web  0.test.ts  test 0',
    'UNSTABLE  unit  0.test.ts  test 0',
  ]);
});
