import { expect, test } from 'vitest';
import { mergeInstances } from './merge-instances.ts';

const at = (id: string, address: string) => ({ id, service: 'chat', address });
const [a, b] = [at('a', 'host:1'), at('b', 'host:2')];

test('a complete answer is all there is, in the order of addresses', () => {
  expect(mergeInstances([a], [b], true)).toEqual([b]);
  expect(mergeInstances([], [b, a], true)).toEqual([a, b]);
  expect(mergeInstances([a, b], [], true)).toEqual([]);
});

test('an answer that may lack somebody adds, and drops only whose place is taken', () => {
  expect(mergeInstances([a], [b], false)).toEqual([a, b]);
  expect(mergeInstances([a, b], [], false)).toEqual([a, b]);
  expect(mergeInstances([a, b], [at('c', 'host:1')], false)).toEqual([at('c', 'host:1'), b]);
  expect(mergeInstances([a, b], [at('a', 'host:3')], false)).toEqual([b, at('a', 'host:3')]);
});

test('no news are the very same list', () => {
  const known = [a, b];
  expect(mergeInstances(known, [b, a], true)).toBe(known);
  expect(mergeInstances(known, [b], false)).toBe(known);
  expect(mergeInstances(known, [{ ...b, id: 'restarted' }, a], true)).not.toBe(known);
});
