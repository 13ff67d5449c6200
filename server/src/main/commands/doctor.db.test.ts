import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { doctor, formatFindings } from './doctor.ts';
import { databaseRules, readServer } from './doctor-rules.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase([]);
});
afterAll(() => db.close());

it('finds what the test server lacks (fsync, a limit for slots) and nothing else', async () => {
  const findings = await doctor({
    databases: { identity: db.url, chat: db.url },
    folders: [tmpdir(), '/no/such/folder'],
  });
  const problems = findings.filter(({ ok }) => !ok);
  expect(problems.map(({ check }) => check.replace(/^.*: /, ''))).toEqual(['fsync', 'max_slot_wal_keep_size']);
  expect(problems.every(({ consequence }) => consequence)).toBe(true);
  expect(findings.filter(({ check }) => check.includes('disk of'))).toHaveLength(1);
  const { text, exitCode } = formatFindings(findings);
  expect(exitCode).toBe(1);
  expect(text).toMatch(/PROBLEM .*fsync: off\n\s+A power cut loses/);
  expect(text).toMatch(/ok .*wal_level: logical/);
});

it('all well is exit code 0', () => {
  expect(formatFindings([{ ok: true, check: 'version', found: '18.4' }])).toEqual({
    text: 'ok       version: 18.4',
    exitCode: 0,
  });
});

it('a database that does not answer is a finding', async () => {
  const [finding] = await doctor({ databases: { chat: 'postgres://x@127.0.0.1:1/none' }, folders: [] });
  expect(finding).toMatchObject({
    ok: false,
    check: '127.0.0.1:1/none',
    found: expect.stringContaining('ECONNREFUSED'),
  });
});

it('says what a failover would lose', async () => {
  const server = await readServer(db.sql);
  expect(server).toMatchObject({ standbys: 0, synchronous: '' });
  const problems = (over: object) =>
    databaseRules.filter(({ ok }) => !ok({ ...server, ...over })).map(({ check }) => check);
  const before = problems({});
  const found = (over: object) => problems(over).filter((check) => !before.includes(check));
  expect(found({ standbys: 1, version: 160_004 })).toEqual(['standbys', 'failover of slots']);
  expect(found({ standbys: 1, version: 170_000, synchronous: 'ANY 1 (a, b)' })).toEqual([]);
});
