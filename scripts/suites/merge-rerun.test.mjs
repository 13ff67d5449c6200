import { expect, test } from 'vitest';
import { filesToRerun, mergeRerun } from './merge-rerun.mjs';

const failure = (file, name) => ({ file, test: name, error: 'Error: no' });
const first = {
  files: { 'a.test.ts': { passed: 3, skipped: 1 }, 'b.test.ts': { passed: 5, skipped: 0 } },
  failures: [failure('a.test.ts', 'adds')],
};

test('what passes the second time is unstable, and its file counts as it went then', () => {
  const merged = mergeRerun(first, { files: { 'a.test.ts': { passed: 4, skipped: 1 } }, failures: [] });
  expect(merged.failures).toEqual([]);
  expect(merged.unstable).toEqual(first.failures);
  expect(merged.files).toEqual({ 'a.test.ts': { passed: 4, skipped: 1 }, 'b.test.ts': { passed: 5, skipped: 0 } });
});

test('what fails twice failed', () => {
  const merged = mergeRerun(first, { ...first, files: { 'a.test.ts': { passed: 3, skipped: 1 } } });
  expect(merged.failures).toEqual(first.failures);
  expect(merged.unstable).toEqual([]);
});

test('what fails only the second time failed too', () => {
  const second = { files: { 'a.test.ts': { passed: 3, skipped: 1 } }, failures: [failure('a.test.ts', 'divides')] };
  const merged = mergeRerun(first, second);
  expect(merged.failures).toEqual(second.failures);
  expect(merged.unstable).toEqual(first.failures);
});

test('what did not run again stays failed, as after a second run that never reported', () => {
  const ended = failure('', '');
  const merged = mergeRerun(first, { files: {}, failures: [ended] });
  expect(merged.failures).toEqual([...first.failures, ended]);
  expect(merged.unstable).toEqual([]);
});

test('each failed file is run once more, however many of its tests failed', () => {
  expect(filesToRerun({ failures: [...first.failures, failure('a.test.ts', 'divides')] })).toEqual(['a.test.ts']);
});

test('nothing is run again when nothing failed, when a failure has no file, or when many files failed', () => {
  expect(filesToRerun({ failures: [] })).toEqual([]);
  expect(filesToRerun({ failures: [...first.failures, failure('', 'an error nobody caught')] })).toEqual([]);
  const many = ['1', '2', '3', '4', '5', '6'].map((file) => failure(file, 'adds'));
  expect(filesToRerun({ failures: many })).toEqual([]);
  expect(filesToRerun({ failures: many.slice(1) })).toHaveLength(5);
});
