import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const vitest = `${root}/node_modules/vitest/vitest.mjs`;

/**
 * Runs one step of `npm test`.
 *
 * @param {import('./steps.mjs').steps[number]} step
 * @param {{ci: boolean}} options `ci`: what is missing fails instead of being skipped
 * @returns {Promise<{ok: boolean, passed: number, failed: number, skipped: number, note: string}>}
 *   `failed` is at least 1 when `ok` is false
 */
export async function runStep(step, { ci }) {
  const timeoutMs = step.minutes * 2 * 60_000;
  if (step.script) {
    const [name, ...args] = step.script;
    const command = name === 'node' ? process.execPath : `${root}/node_modules/.bin/${name}`;
    return outcome(await run(command, args, { timeoutMs }), { passed: 0, failed: 0, skipped: 0 });
  }
  const needed = step.need ? await step.need() : {};
  if (needed) {
    try {
      return await runSuite(step, needed, timeoutMs);
    } finally {
      await needed.release?.();
    }
  }
  const count = Math.max(1, await countTests(step.suite));
  return {
    ok: !ci,
    passed: 0,
    failed: ci ? count : 0,
    skipped: ci ? 0 : count,
    note: step.missing,
  };
}

async function runSuite(step, { node = process.execPath, env = {} }, timeoutMs) {
  const report = `${cache}/reports/${step.name}.json`;
  mkdirSync(`${cache}/reports`, { recursive: true });
  rmSync(report, { force: true });
  const args = ['run', '--project', step.suite, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const result = await run(node, [vitest, ...args], { env, timeoutMs });
  return outcome(result, readReport(report));
}

/** A step that ended badly has failed, even when no single test says so (a file that cannot be imported, a time-out). */
function outcome(result, counts) {
  const ok = result.code === 0 && !result.timedOut && counts.failed === 0;
  return {
    ok,
    ...counts,
    failed: ok ? 0 : Math.max(1, counts.failed),
    note: result.timedOut ? 'killed: too slow' : '',
  };
}

/** The counts of vitest's JSON report; zeros when it was not written. */
function readReport(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

async function countTests(project) {
  const { output } = await run(process.execPath, [vitest, 'list', '--project', project], { quiet: true });
  return output.split('\n').filter((line) => line.includes(' > ')).length;
}
