import { expect, test } from 'vitest';
import { noMetrics } from '../../../kernel/metrics.ts';
import { realtimeDefaults } from '../config.ts';
import type { LiveConnection } from './live-connection.ts';
import { Outbound } from './outbound.ts';

const frame = Buffer.from('frame');

/** Outbound over connections that count their writes, and an event loop that turns when told to. */
function start(writesPerTurn: number, count: number) {
  const turns: (() => void)[] = [];
  const written: number[] = [];
  const scheduler = { soon: (task: () => void) => void turns.push(task), every: () => () => {}, delay: async () => {} };
  const outbound = new Outbound({ ...realtimeDefaults, writesPerTurn }, scheduler, noMetrics, () => {
    throw new Error('nobody is slow here');
  });
  const connections = Array.from({ length: count }, (_, i) => {
    const outlet = { buffered: 0, write: () => void written.push(i) };
    return { ready: true, gone: false, dirty: false, pending: null, buffered: 0, outlet } as unknown as LiveConnection;
  });
  return { outbound, connections, written, turn: () => turns.shift()?.(), turns };
}

test('a fan-out lets the event loop go on after so many writes, and forgets nobody (rule 19)', async () => {
  const { outbound, connections, written, turn, turns } = start(2_000, 5_000);
  for (const connection of connections) outbound.enqueue(connection, frame);
  const flushed = outbound.flushed();
  const perTurn: number[] = [];
  while (turns.length > 0) {
    const before = written.length;
    turn();
    perTurn.push(written.length - before);
  }
  await flushed;
  expect(perTurn).toEqual([2_000, 2_000, 1_000]);
  expect(written).toEqual(connections.map((_, i) => i));
});

test('what is queued between two turns of one fan-out is written too, in one write per connection', () => {
  const { outbound, connections, written, turn, turns } = start(2, 3);
  for (const connection of connections) outbound.enqueue(connection, frame);
  turn();
  for (const connection of connections) outbound.enqueue(connection, frame);
  while (turns.length > 0) turn();
  expect(written.toSorted()).toEqual([0, 0, 1, 1, 2]);
});
