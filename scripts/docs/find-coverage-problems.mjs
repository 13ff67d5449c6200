import { digestOfItems } from './read-coverage.mjs';

/**
 * What is wrong with docs/coverage.md.
 *
 * @param {ReturnType<import('./read-coverage.mjs').readCoverage>} coverage
 * @param {Map<string, string[]> | null} texts the items of each reference text; null when the texts are not at hand
 * @returns {string[]}
 */
export function findCoverageProblems(coverage, texts) {
  const problems = [];
  for (const [name, { digest, rows }] of coverage) {
    const items = rows.map((row) => row.item);
    const own = digestOfItems(items);
    if (own !== digest) problems.push(`${name}: rows were added, removed or renamed (items: ${own}, noted: ${digest})`);
    for (const row of rows) if (!row.where) problems.push(`${name}: line ${row.line} says nothing of "${row.item}"`);
  }
  if (coverage.size === 0) problems.push('no section was found');
  for (const [name, items] of texts ?? []) problems.push(...compareItems(name, items, coverage.get(name)?.rows ?? []));
  return problems;
}

function compareItems(name, items, rows) {
  const different = items.findIndex((item, index) => rows[index]?.item !== item);
  if (different >= 0) return [`${name}: item ${different + 1} should be "${items[different]}"`];
  return rows.length > items.length ? [`${name}: there are more rows than items`] : [];
}
