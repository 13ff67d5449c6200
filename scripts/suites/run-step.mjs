import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { filesToRerun, mergeRerun } from './merge-rerun.mjs';

const vitest = `${root}/node_modules/vitest/vitest.mjs`;
const reporter = `${root}/scripts/suites/write-report.mjs`;

/**
 * Runs one step of `npm test` and shows what it said when it has ended: steps run side by side, and each is to be read whole.
 *
 * @param {import('./steps.mjs').steps[number]} step
 * @param {{ci: boolean, cores: ReturnType<import('./create-cores.mjs').createCores>}} options `ci`: what is missing fails
 *   instead of being skipped, and the files that failed run once more, alone: docs/testing.md says why
 * @returns {Promise<{ok: boolean, passed: number, failed: number, skipped: number, note: string, failures: Failure[],
 *   unstable: Failure[], seconds: number}>} `failed` is at least 1 when `ok` is false
 * @typedef {import('./write-report.mjs').Failure} Failure
 */
export async function runStep(step, { ci, cores }) {
  let needed = {};
  let seconds = 0;
  const timed = async (work) => {
    const began = performance.now();
    const result = await work();
    seconds += (performance.now() - began) / 1000;
    return result;
  };
  try {
    const first = await cores.use(step.load, async () => {
      needed = step.need ? await step.need() : {};
      return timed(() => (needed ? runFirst(step, needed) : count(step, ci)));
    });
    show(step, first.output, seconds);
    const again = ci && first.report && !first.report.timedOut ? filesToRerun(first.report) : [];
    if (again.length === 0) return { ...first.outcome, seconds };
    const second = await cores.alone(() => timed(() => runTests(step, needed, again)));
    show(step, `Once more, alone: ${again.join(' ')}\n${second.output}`, seconds);
    return { ...outcome(mergeRerun(first.report, second)), seconds };
  } finally {
    await needed?.release?.();
  }
}

async function runFirst(step, needed) {
  if (step.script) return runScript(step, needed);
  const report = await runTests(step, needed, step.files ?? []);
  return { report, outcome: outcome(report), output: report.output };
}

/** What a step came to whose needs this machine cannot have. */
async function count(step, ci) {
  const tests = step.script ? 1 : Math.max(1, await countTests(step));
  if (!ci) return { outcome: { ...outcome({}), skipped: tests, note: step.missing }, output: step.missing };
  const failed = outcome({ failures: [{ file: '', test: step.missing, error: '' }] });
  return { outcome: { ...failed, failed: tests }, output: step.missing };
}

function show(step, output, seconds) {
  const text = output.trimEnd();
  process.stdout.write(`\n— ${step.name} (${seconds.toFixed(1)} s)\n${text}${text ? '\n' : ''}`);
}

async function runScript(step, { env = {} }) {
  const [name, ...args] = step.script;
  const command = name === 'node' ? process.execPath : `${root}/node_modules/.bin/${name}`;
  const { code, output, timedOut } = await run(command, args, { quiet: true, env, timeoutMs: limitMs(step) });
  const failures = code === 0 ? [] : [{ file: '', test: step.script.join(' '), error: output }];
  return { outcome: outcome({ failures, timedOut }), output };
}

/** @returns {Promise<import('./write-report.mjs').Report & {timedOut: boolean, output: string}>} */
async function runTests(step, { node = process.execPath, env = {} }, files) {
  const path = `${cache}/reports/${step.name}.json`;
  mkdirSync(`${cache}/reports`, { recursive: true });
  rmSync(path, { force: true });
  const args = ['run', '--project', step.suite, '--reporter=default', `--reporter=${reporter}`, ...files];
  const workers = files.length ? 1 : step.workers;
  if (workers) args.push(`--maxWorkers=${workers}`);
  const { code, output, timedOut } = await run(node, [vitest, ...args], {
    quiet: true,
    env: { FORCE_COLOR: process.stdout.isTTY ? '1' : undefined, ...env, TEST_REPORT: path },
    timeoutMs: limitMs(step),
  });
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { files: {}, failures: [] };
  if (code !== 0 && report.failures.length === 0) {
    report.failures.push({ file: '', test: '', error: `vitest ended with code ${code}, though no test failed` });
  }
  return { ...report, timedOut, output };
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
