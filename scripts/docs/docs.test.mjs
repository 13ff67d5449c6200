import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrokenPaths } from './find-broken-paths.mjs';
import { findCoverageProblems } from './find-coverage-problems.mjs';
import { findUnknownRules } from './find-unknown-rules.mjs';
import { listItems } from './list-items.mjs';
import { digestOfItems, readCoverage } from './read-coverage.mjs';

let base;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-docs-'));
  mkdirSync(join(base, 'server/src'), { recursive: true });
  mkdirSync(join(base, 'docs'));
  writeFileSync(join(base, 'server/src/a.ts'), '');
  writeFileSync(join(base, 'docs/b.md'), '');
});
afterAll(() => rmSync(base, { recursive: true }));

const broken = (text) => findBrokenPaths(base, 'docs/x.md', text).map(({ line, path }) => `${line} ${path}`);

test('paths in code marks count from the root, links from the file', () => {
  expect(broken('`server/src/a.ts` `server/src/` [b](b.md#part) [a](../server/src/a.ts)')).toEqual([]);
  expect(broken('x\n`server/src/gone.ts`\n[y](gone.md)')).toEqual(['2 server/src/gone.ts', '3 docs/gone.md']);
});

test('addresses, commands, builds and code are no paths', () => {
  expect(broken('[x](https://example.org/a) `npm start` `server/dist/main/cli.js`\n```\n`server/gone`\n```')).toEqual(
    [],
  );
});

test('headings and bullets are listed without their decoration', () => {
  const text = '# A\ntext\n- **b** [c](d)\n  1. `e|f`\n```js\n- not this\n```\n### _G_\n';
  expect(listItems(text)).toEqual(['# A', '- b c', '- e/f', '### G']);
});

test('a fence that is closed otherwise than it was opened, or never, does not swallow the rest', () => {
  expect(listItems('````proto\nx\n## A\n```proto\n- x\n````\n- b')).toEqual(['## A', '- b']);
  expect(listItems('```sh\n# a comment\n```\n- b')).toEqual(['- b']);
});

const coverage = (rows, digest) =>
  readCoverage(
    `# Title\n\n## \`x.md\`\n\n<!-- items: ${digest} -->\n\n| Asked for | Where | Shown by |\n|---|---|---|\n${rows}\n`,
  );

test('rows that answer every item have no problem', () => {
  const read = coverage('| # A | `server/src/a.ts` | |\n| - b | later | |', digestOfItems(['# A', '- b']));
  expect(findCoverageProblems(read, null)).toEqual([]);
  expect(findCoverageProblems(read, new Map([['x.md', ['# A', '- b']]]))).toEqual([]);
});

test('a row that is gone, empty or out of step is a problem, with and without the texts', () => {
  const digest = digestOfItems(['# A', '- b']);
  expect(findCoverageProblems(coverage('| # A | here | |', digest), null)).toHaveLength(1);
  expect(findCoverageProblems(coverage('| # A | | |\n| - b | here | |', digest), null)).toHaveLength(1);
  const read = coverage('| # A | here | |\n| - b | here | |', digest);
  expect(findCoverageProblems(read, new Map([['x.md', ['# A', '- c']]]))).toEqual(['x.md: item 2 should be "- c"']);
  expect(findCoverageProblems(read, new Map([['y.md', ['# A']]]))).toEqual(['y.md: item 1 should be "# A"']);
  expect(findCoverageProblems(readCoverage('nothing'), null)).toEqual(['no section was found']);
});

test('a rule that is cited and not there is found, however it is cited', () => {
  const page = '**Rule 1. One.** Text.\n\n**Rule 2. Two.** Text.\n';
  const cited = (text) => findUnknownRules(page, [{ path: 'a.ts', text }]).map((problem) => problem.match(/\d+/)[0]);
  expect(cited('(MESSAGE-PATH rule 1), (MESSAGE-PATH rules 1 and 2), rule 7 of another page')).toEqual([]);
  expect(cited('(MESSAGE-PATH rules 1 and 3) (MESSAGE-PATH\n * rule 4)')).toEqual(['3', '4']);
});
