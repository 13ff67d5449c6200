/**
 * Checks that every path the documents name exists, that every rule of the message path that the code cites exists, and that
 * docs/coverage.md answers every heading and bullet of the five reference texts (compared with ../shared/seeds where that is at
 * hand, else with the digest noted in the file).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { findBrokenPaths } from './docs/find-broken-paths.mjs';
import { findCoverageProblems } from './docs/find-coverage-problems.mjs';
import { findUnknownRules } from './docs/find-unknown-rules.mjs';
import { listItems } from './docs/list-items.mjs';
import { readCoverage } from './docs/read-coverage.mjs';
import { listFiles } from './files/list-files.mjs';
import { root } from './setup/paths.mjs';

const read = (path) => readFileSync(`${root}/${path}`, 'utf8');
const inRoot = readdirSync(root).filter((name) => name.endsWith('.md'));
const folders = ['docs', 'server', 'client', 'web', 'contracts', 'tests', 'bench', 'deploy'];
const documents = [...inRoot, ...listFiles(root, folders, /\.md$/)];

const brokenPaths = documents.flatMap((document) =>
  findBrokenPaths(root, document, read(document)).map(
    ({ line, path }) => `${document}:${line} names ${path}, which does not exist`,
  ),
);
const coverage = readCoverage(read('docs/coverage.md'));
const code = listFiles(root, folders, /\.(ts|tsx|mjs|sql)$/).map((path) => ({ path, text: read(path) }));
const problems = [
  ...brokenPaths,
  ...findUnknownRules(read('docs/architecture/message-path.md'), code),
  ...findCoverageProblems(coverage, readTexts()).map((problem) => `docs/coverage.md: ${problem}`),
];
for (const problem of problems) console.error(problem);
const rows = [...coverage.values()].reduce((sum, section) => sum + section.rows.length, 0);
console.log(
  problems.length
    ? `${problems.length} problems with documents`
    : `docs: ${documents.length} files, ${rows} rows of coverage`,
);
process.exit(problems.length ? 1 : 0);

function readTexts() {
  const folder = `${root}/../shared/seeds`;
  if (!existsSync(folder)) return null;
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return new Map(names.map((name) => [name, listItems(readFileSync(`${folder}/${name}`, 'utf8'))]));
}
