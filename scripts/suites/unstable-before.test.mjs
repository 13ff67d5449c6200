import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeUnstable } from './unstable-before.mjs';

const day = 24 * 60 * 60 * 1000;
const failure = (name) => ({ file: 'a.test.ts', test: name, error: 'Error: late' });
const step = (...unstable) => ({ name: 'unit', ok: true, passed: 5, failed: 0, failures: [], unstable });

function createFile() {
  const dir = mkdtempSync(join(tmpdir(), 'parley-unstable-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, 'below', 'unstable.json');
}

test('unstable for the first time is unstable, for the second time failed', () => {
  const file = createFile();
  const results = [step(failure('adds'))];
  expect(judgeUnstable(results, { file, now: 0 })).toEqual(results);
  const [judged] = judgeUnstable([step(failure('adds'), failure('divides'))], { file, now: day });
  expect(judged).toMatchObject({ ok: false, passed: 4, failed: 1, unstable: [failure('divides')] });
  expect(judged.failures).toMatchObject([
    { test: 'adds', error: expect.stringMatching(/earlier run[\s\S]*Error: late/) },
  ]);
});

test('another step, another file and another test are others', () => {
  const file = createFile();
  judgeUnstable([step(failure('adds'))], { file, now: 0 });
  const others = [
    { ...step(failure('adds')), name: 'unit-node24' },
    step({ ...failure('adds'), file: 'b.test.ts' }, failure('divides')),
  ];
  expect(judgeUnstable(others, { file, now: day })).toEqual(others);
});

test('what was unstable long ago is forgotten', () => {
  const file = createFile();
  judgeUnstable([step(failure('adds'))], { file, now: 0 });
  expect(judgeUnstable([step(failure('adds'))], { file, now: 31 * day })).toMatchObject([{ ok: true }]);
});

test('a broken file remembers nothing and is written anew', () => {
  const file = createFile();
  judgeUnstable([step(failure('adds'))], { file, now: 0 });
  writeFileSync(file, '{');
  expect(judgeUnstable([step(failure('adds'))], { file, now: 1 })).toMatchObject([{ ok: true }]);
  expect(judgeUnstable([step(failure('adds'))], { file, now: 2 })).toMatchObject([{ ok: false }]);
});
