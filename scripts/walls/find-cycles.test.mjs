import { expect, test } from 'vitest';
import { findCycles } from './find-cycles.mjs';

/** Files by name, each with its text; every import in it is an edge. */
function cyclesOf(files) {
  const edges = new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      [...text.matchAll(/'\.\/(\w+)'/g)].map((match) => ({ path: match[1] })),
    ]),
  );
  return findCycles(edges);
}

test('files that import each other are a cycle, however long', () => {
  expect(cyclesOf({ a: "import './b'", b: "export * from './c'", c: "await import('./a')" })).toEqual([
    ['a', 'b', 'c'],
  ]);
  expect(cyclesOf({ a: "import { x } from './a'" })).toEqual([['a']]);
});

test('a type that points back makes a cycle', () => {
  expect(cyclesOf({ a: "import { b } from './b'", b: "import type { A } from './a'" })).toEqual([['a', 'b']]);
  expect(cyclesOf({ a: "import type { B } from './b'", b: "export type { A } from './a'" })).toEqual([['a', 'b']]);
});

test('two ways to one file are no cycle', () => {
  expect(cyclesOf({ a: "import './b'; import './c'", b: "import './d'", c: "import './d'", d: '' })).toEqual([]);
});
