import { expect, test } from 'vitest';
import { readConnection } from './connection.ts';

test('a list that moves goes on after any item, by the place that its service gave', async () => {
  let items = ['e', 'd', 'c', 'b', 'a'];
  const list = async ({ limit, after }: { readonly limit: number; readonly after?: string }) => {
    // Below the item, wherever that is now.
    const rest = items.filter((item) => after === undefined || item < after);
    const page = rest.slice(0, limit);
    return { items: page, cursors: page, next: rest.length > limit ? (page.at(-1) ?? null) : null };
  };
  const first = await readConnection({ first: 4 }, list);
  items = ['z', ...items];
  const rest = await Promise.all(
    first.edges.map(async ({ node, cursor }) => {
      const { edges } = await readConnection({ first: 10, after: cursor }, list);
      return [node, edges.map((edge) => edge.node).join('')];
    }),
  );
  expect(rest).toEqual([
    ['e', 'dcba'],
    ['d', 'cba'],
    ['c', 'ba'],
    ['b', 'a'],
  ]);
});
