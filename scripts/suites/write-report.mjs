import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../setup/paths.mjs';

/**
 * What one run of a suite came to. A failure is a test, or what no test stands for: a hook, a file that cannot be
 * imported, an error nobody caught (`file` is empty when its file is unknown).
 *
 * @typedef {{file: string, test: string, error: string}} Failure
 * @typedef {{files: Record<string, {passed: number, skipped: number}>, failures: Failure[]}} Report
 */

/** A reporter of vitest that writes a `Report` to the file TEST_REPORT: vitest's own JSON leaves out the errors nobody caught. */
export default class WriteReport {
  onTestRunEnd(modules, unhandled) {
    writeFileSync(process.env.TEST_REPORT, JSON.stringify(createReport(modules, unhandled)));
  }
}

/** @returns {Report} */
export function createReport(modules, unhandled) {
  const report = { files: {}, failures: [] };
  const fail = (path, test, errors) => {
    if (errors?.length)
      report.failures.push({ file: path && relative(root, path), test, error: describeErrors(errors) });
  };
  for (const module of modules) {
    const tests = [...module.children.allTests()].map((test) => ({ name: test.fullName, ...test.result() }));
    const count = (state) => tests.filter((test) => test.state === state).length;
    report.files[relative(root, module.moduleId)] = { passed: count('passed'), skipped: count('skipped') };
    fail(module.moduleId, 'the file itself', module.errors());
    for (const suite of module.children.allSuites()) fail(module.moduleId, suite.fullName, suite.errors());
    for (const test of tests) fail(module.moduleId, test.name, test.errors);
  }
  for (const error of unhandled) {
    fail(error.VITEST_TEST_PATH ?? '', error.VITEST_TEST_NAME ?? 'an error nobody caught', [error]);
  }
  return report;
}

function describeErrors(errors) {
  return stripVTControlCharacters(errors.map(describeError).join('\n'));
}

/** Without the frames of vitest and Node, which are the same for all. */
function describeError({ name, message, diff, stack, cause }) {
  const frames = (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/node_modules|node:|new Promise/.test(line));
  const lines = [`${name}: ${message}`, diff, ...frames.map((frame) => frame.replace(`${root}/`, ''))];
  if (cause) lines.push(describeError(cause));
  return lines.filter(Boolean).join('\n');
}
