import { createHash } from 'node:crypto';

/**
 * Reads docs/coverage.md: a section per reference text, in it one table row per heading and bullet of that text.
 *
 * @param {string} text
 * @returns {Map<string, {digest: string, rows: {line: number, item: string, where: string, shownBy: string}[]}>} by file name
 */
export function readCoverage(text) {
  const sections = new Map();
  let section;
  text.split('\n').forEach((line, index) => {
    const heading = /^## `(.+\.md)`$/.exec(line);
    if (heading) sections.set(heading[1], (section = { digest: '', rows: [] }));
    else if (line.startsWith('## ')) section = undefined;
    if (!section) return;
    section.digest = /^<!-- items: (\w+) -->$/.exec(line)?.[1] ?? section.digest;
    const cells = line.startsWith('| ') && line.split('|').map((cell) => cell.trim());
    if (!cells || cells[1] === 'Asked for' || /^-+$/.test(cells[1])) return;
    section.rows.push({ line: index + 1, item: cells[1], where: cells[2] ?? '', shownBy: cells[3] ?? '' });
  });
  return sections;
}

/** Notices a row that was removed or rewritten where the reference texts are not at hand. */
export function digestOfItems(items) {
  return createHash('sha256').update(items.join('\n')).digest('hex').slice(0, 16);
}
