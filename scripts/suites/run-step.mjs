import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { filesToRerun, mergeRerun } from './merge-rerun.mjs';

const vitest = `${root}/node_modules/vitest/vitest.mjs`;
const reporter = `${root}/scripts/suites/write-report.mjs`;

/**
 * Runs one step of `npm test`.
 *
 * @param {import('./steps.mjs').steps[number]} step
 * @param {{ci: boolean}} options `ci`: what is missing fails instead of being skipped, and the files that failed run once
 *   more, alone: docs/testing.md says why
 * @returns {Promise<{ok: boolean, passed: number, failed: number, skipped: number, note: string, failures: Failure[],
 *   unstable: Failure[]}>} `failed` is at least 1 when `ok` is false
 * @typedef {import('./write-report.mjs').Failure} Failure
 */
export async function runStep(step, { ci }) {
  const needed = step.need ? await step.need() : {};
  if (needed) {
    try {
      return await (step.script ? runScript(step, needed) : runSuite(step, needed, ci));
    } finally {
      await needed.release?.();
    }
  }
  const count = step.script ? 1 : Math.max(1, await countTests(step));
  if (ci) return { ...outcome({ failures: [{ file: '', test: step.missing, error: '' }] }), failed: count };
  return { ...outcome({}), skipped: count, note: step.missing };
}

async function runScript(step, { env = {} }) {
  const [name, ...args] = step.script;
  const command = name === 'node' ? process.execPath : `${root}/node_modules/.bin/${name}`;
  const { code, output, timedOut } = await run(command, args, { quiet: true, env, timeoutMs: limitMs(step) });
  process.stdout.write(output);
  const failures = code === 0 ? [] : [{ file: '', test: step.script.join(' '), error: output }];
  return outcome({ failures, timedOut });
}

async function runSuite(step, needed, ci) {
  const first = await runTests(step, needed, step.files ?? []);
  const again = ci && !first.timedOut ? filesToRerun(first) : [];
  if (again.length === 0) return outcome(first);
  console.log(`\nOnce more, alone: ${again.join(' ')}`);
  return outcome(mergeRerun(first, await runTests(step, needed, again)));
}

/** @returns {Promise<import('./write-report.mjs').Report & {timedOut: boolean}>} */
async function runTests(step, { node = process.execPath, env = {} }, files) {
  const path = `${cache}/reports/${step.name}.json`;
  mkdirSync(`${cache}/reports`, { recursive: true });
  rmSync(path, { force: true });
  const args = ['run', '--project', step.suite, '--reporter=default', `--reporter=${reporter}`, ...files];
  const workers = files.length ? 1 : step.workers;
  if (workers) args.push(`--maxWorkers=${workers}`);
  const result = await run(node, [vitest, ...args], {
    env: { ...env, TEST_REPORT: path },
    timeoutMs: limitMs(step),
  });
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { files: {}, failures: [] };
  if (result.code !== 0 && report.failures.length === 0) {
    report.failures.push({ file: '', test: '', error: `vitest ended with code ${result.code}, though no test failed` });
  }
  return { ...report, timedOut: result.timedOut };
}

const limitMs = (step) => step.minutes * 2 * 60_000;

function outcome({ files = {}, failures = [], unstable = [], timedOut = false }) {
  const sum = (count) => Object.values(files).reduce((total, file) => total + file[count], 0);
  return {
    ok: failures.length === 0,
    passed: sum('passed'),
    failed: failures.length,
    skipped: sum('skipped'),
    note: timedOut ? 'killed: too slow' : '',
    failures,
    unstable,
  };
}

async function countTests({ suite, files = [] }) {
  const { output } = await run(process.execPath, [vitest, 'list', '--project', suite, ...files], { quiet: true });
  return output.split('\n').filter((line) => line.includes(' > ')).length;
}
