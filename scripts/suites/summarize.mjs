import { describeFailures } from './describe-failures.mjs';

/**
 * What `npm test` ends with: the table, then what failed or was unstable by name, and the counts as the last line.
 *
 * @param {readonly {name: string, minutes: number, seconds: number, ok: boolean, passed: number, failed: number,
 *   skipped: number, note: string, failures: readonly Failure[], unstable: readonly Failure[]}[]} results
 * @param {number} seconds of all of them, side by side
 * @returns {string}
 * @typedef {import('./write-report.mjs').Failure} Failure
 */
export function summarize(results, seconds) {
  const width = Math.max(...results.map((result) => result.name.length));
  const rows = results.map((result) => {
    const counts = result.passed + result.failed + result.skipped ? describeCounts(result) : '';
    const slow = result.seconds > result.minutes * 60 ? `over its budget of ${result.minutes} min` : '';
    const unstable = result.unstable.length ? `${result.unstable.length} unstable` : '';
    const notes = [counts, unstable, result.note, slow].filter(Boolean).join('; ');
    return `${result.ok ? 'ok  ' : 'FAIL'}  ${result.name.padEnd(width)}  ${result.seconds.toFixed(1).padStart(6)} s  ${notes}`.trimEnd();
  });
  const total = results.reduce(
    (sum, result) => ({
      passed: sum.passed + result.passed,
      failed: sum.failed + result.failed,
      skipped: sum.skipped + result.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
  const minutes = `${(seconds / 60).toFixed(1)} minutes in all`;
  const failures = describeFailures(results);
  return [...rows, minutes, '', ...failures, ...(failures.length ? [''] : []), describeCounts(total)].join('\n');
}

function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
