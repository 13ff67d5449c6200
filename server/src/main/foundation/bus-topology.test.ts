import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { busGroups, busTopics } from './bus-topology.ts';

const page = readFileSync(new URL('../../../../docs/contributing/topics.md', import.meta.url), 'utf8');

/** The first cells of the table that begins so; of a cell what stands between backticks. */
function readTable(head: string): readonly (readonly (readonly string[])[])[] {
  const [, table = ''] = page.split(`| ${head} |`);
  const [rows = ''] = table.split('\n\n');
  return rows
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .map((row) => row.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)));
}

test('docs/contributing/topics.md names every topic', () => {
  const named = readTable('topic').flatMap((cells) => cells[1]!);
  expect(named.sort()).toEqual([...busTopics].sort());
});

test('docs/contributing/topics.md names every group with what it reads', () => {
  const named = readTable('group').map((cells) => [cells[1]![0], [...cells[2]!].sort()]);
  expect(Object.fromEntries(named)).toEqual(
    Object.fromEntries(busGroups.map(({ group, topics }) => [group, [...topics].sort()])),
  );
});
