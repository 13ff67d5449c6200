import { expect, test } from 'vitest';
import { findStyleProblems } from './find-style-problems.mjs';

const problemsOf = (path, text) => findStyleProblems(path, text).map((problem) => [problem.line, problem.fatal]);

test('a short file in order has no problem', () => {
  expect(problemsOf('server/src/kernel/ids.ts', 'export const a = 1;\n')).toEqual([]);
});

test('a file above 300 lines is asked about, above 500 refused', () => {
  expect(problemsOf('a.ts', '\n'.repeat(300))).toEqual([]);
  expect(problemsOf('a.ts', '\n'.repeat(301))).toEqual([[301, false]]);
  expect(problemsOf('a.ts', '\n'.repeat(501))).toEqual([[501, true]]);
});

test.each(['only', 'skip', 'todo', 'fails'])('a test with .%s is refused', (how) => {
  expect(problemsOf('a.test.ts', `\nit.${how}('x', () => {});`)).toEqual([[2, true]]);
  expect(problemsOf('a.test.ts', `describe.concurrent.${how}('x', () => {});`)).toEqual([[1, true]]);
});

test('conditions that a test states openly are allowed', () => {
  expect(problemsOf('a.test.ts', "it.skipIf(!hasChromium)('x', () => {});")).toEqual([]);
});

test('the environment is read in main only', () => {
  expect(problemsOf('server/src/services/chat/a.ts', 'const a = process.env.A;')).toEqual([[1, true]]);
  expect(problemsOf('server/src/main/config.ts', 'const a = process.env.A;')).toEqual([]);
});

test('protocols make contexts in one place, which asks for the address', () => {
  const line = 'const ctx = createContext(null, request.id);';
  expect(problemsOf('server/src/protocols/native/rest/a.ts', line)).toEqual([[1, true]]);
  expect(problemsOf('server/src/protocols/native/rest/a.test.ts', line)).toEqual([]);
  expect(problemsOf('server/src/protocols/shared/caller-context.ts', line)).toEqual([]);
  expect(problemsOf('server/src/services/chat/a.ts', line)).toEqual([]);
});
