import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';

/** Of the machine, not of the clone: a run of CI begins with a fresh one. */
export const unstableFile = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/parley-ci/unstable.json`;

/** So long is remembered what was unstable: a test that has been mended for that long has earned a second run again. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Takes what an earlier run on this machine found unstable too for failed, and writes down what this one found.
 *
 * @template {{name: string, ok: boolean, passed: number, failed: number, failures: Failure[], unstable: Failure[]}} Result
 * @param {readonly Result[]} results
 * @param {{file?: string, now?: number}} [options]
 * @returns {Result[]}
 * @typedef {import('./write-report.mjs').Failure} Failure
 */
export function judgeUnstable(results, { file = unstableFile, now = Date.now() } = {}) {
  const before = readBefore(file, now);
  const keyOf = (step, { file: path, test }) => JSON.stringify([step.name, path, test]);
  const judged = results.map((step) => {
    const again = step.unstable.filter((failure) => keyOf(step, failure) in before);
    if (again.length === 0) return step;
    return {
      ...step,
      ok: false,
      passed: step.passed - again.length,
      failed: step.failed + again.length,
      failures: [
        ...step.failures,
        ...again.map((failure) => ({ ...failure, error: `${secondTime}\n${failure.error}` })),
      ],
      unstable: step.unstable.filter((failure) => !again.includes(failure)),
    };
  });
  const found = results.flatMap((step) => step.unstable.map((failure) => [keyOf(step, failure), now]));
  if (found.length > 0) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ ...before, ...Object.fromEntries(found) }, null, 2)}\n`);
  }
  return judged;
}

const secondTime = 'It passed when it ran again, but it was unstable in an earlier run too.';

/** When each was unstable for the last time, in ms; a file that is missing or broken remembers nothing. */
function readBefore(file, now) {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
    return Object.fromEntries(entries.filter(([, at]) => now - at < keptMs));
  } catch {
    return {};
  }
}
