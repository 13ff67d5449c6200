/** A recorded log may keep little more than its last 30 lines, so these share what there is. */
const mostLines = 24;
const mostEntries = 10;
const mostLinesOfError = 15;

/**
 * What failed and what was unstable, by name, with the beginning of each error.
 *
 * @param {readonly {name: string, failures: readonly Failure[], unstable: readonly Failure[]}[]} results
 * @returns {string[]} lines; none when all is well
 * @typedef {import('./write-report.mjs').Failure} Failure
 */
export function describeFailures(results) {
  const entries = [
    ...results.flatMap((step) => step.failures.map((failure) => entry('FAILED', step, failure))),
    ...results.flatMap((step) => step.unstable.map((failure) => entry('UNSTABLE', step, failure))),
  ];
  const shown = entries.slice(0, mostEntries);
  const linesOfError = Math.min(mostLinesOfError, Math.floor(mostLines / shown.length) - 1);
  const lines = shown.flatMap(({ title, error }) => [title, ...error.slice(0, linesOfError)]);
  if (entries.length > shown.length) lines.push(`… and ${entries.length - shown.length} more`);
  return lines;
}

function entry(word, step, { file, test, error }) {
  return {
    title: [word, step.name, file, test].filter(Boolean).join('  '),
    error: error.split('\n').flatMap((line) => (line.trim() ? [`    ${line}`] : [])),
  };
}
