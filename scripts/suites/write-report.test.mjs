import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const source = `
import { beforeAll, describe, expect, test } from 'vitest';
test('passes', () => {});
test('compares', () => expect({ a: 1 }).toEqual({ a: 2 }));
test('has a cause', () => { throw new Error('outer', { cause: new Error('inner') }); });
describe('hook', () => {
  beforeAll(() => { throw new Error('before all'); });
  test('never runs', () => {});
});
test('lets one escape', async () => {
  void Promise.reject(new Error('nobody caught'));
  await new Promise((resolve) => setImmediate(resolve));
});
`;

test('every way to fail is in the report, by name and file', async () => {
  mkdirSync(cache, { recursive: true });
  const dir = mkdtempSync(`${cache}/report-`);
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(`${dir}/vitest.config.mjs`, 'export default {};');
  writeFileSync(`${dir}/a.test.mjs`, source);
  writeFileSync(`${dir}/b.test.mjs`, `import './missing.mjs';`);
  const reporter = `${root}/scripts/suites/write-report.mjs`;
  const args = [`${root}/node_modules/vitest/vitest.mjs`, 'run', '--root', dir, `--reporter=${reporter}`];
  await run(process.execPath, args, { quiet: true, env: { TEST_REPORT: `${dir}/report.json` } });

  const { files, failures } = JSON.parse(readFileSync(`${dir}/report.json`, 'utf8'));
  const [a, b] = ['a', 'b'].map((name) => `${relative(root, dir)}/${name}.test.mjs`);
  expect(files).toEqual({ [a]: { passed: 2, skipped: 1 }, [b]: { passed: 0, skipped: 0 } });
  expect(failures).toHaveLength(5);
  const errorOf = (file, name) => failures.find((failure) => failure.file === file && failure.test === name).error;
  expect(errorOf(a, 'compares')).toMatch(/deeply equal[\s\S]*-\s+"a": 2[\s\S]*\+\s+"a": 1[\s\S]*a\.test\.mjs:4/);
  expect(errorOf(a, 'has a cause')).toMatch(/outer[\s\S]*inner/);
  expect(errorOf(a, 'hook')).toContain('before all');
  expect(errorOf(a, 'lets one escape')).toContain('nobody caught');
  expect(errorOf(b, 'the file itself')).toContain('missing.mjs');
});
