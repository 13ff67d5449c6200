import { expect, test } from 'vitest';
import { noMetrics } from '../../../kernel/metrics.ts';
import { realtimeDefaults } from '../config.ts';
import type { LiveConnection } from './live-connection.ts';
import { Outbound } from './outbound.ts';

const frame = Buffer.from('frame');

function unexpected(): never {
  throw new Error('nobody is slow here, and nothing throws');
}

/** Outbound over connections that count their writes, and an event loop that turns when told to. */
function start(writesPerTurn: number, count: number) {
  const turns: (() => void)[] = [];
  const written: number[] = [];
  const scheduler = { soon: (task: () => void) => void turns.push(task), every: () => () => {}, delay: async () => {} };
  const outbound = new Outbound({ ...realtimeDefaults, writesPerTurn }, scheduler, noMetrics, unexpected, unexpected);
  const connections = Array.from({ length: count }, (_, i) => {
    const outlet = { buffered: 0, write: () => void written.push(i) };
    const connection = { ready: true, gone: false, dirty: false, pending: null, buffered: 0, outlet };
    return Object.assign(connection, { socket: connection }) as unknown as LiveConnection;
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

test('bytes of a shared socket are counted once, until the connection that stands for it has gone', () => {
  const { outbound, connections } = start(10, 3);
  const [whole, part, other] = connections as [LiveConnection, LiveConnection, LiveConnection];
  Object.assign(part, { socket: whole, outlet: whole.outlet });
  for (const [connection, bytes] of [
    [whole, 1_000],
    [other, 10],
  ] as const) {
    Object.assign(connection.outlet, { buffered: bytes });
  }
  for (const connection of connections) outbound.opened(connection);
  for (const connection of connections) outbound.look(connection);
  expect(outbound.buffered).toBe(1_010);
  outbound.closed(part);
  expect(outbound.buffered).toBe(1_010);
  whole.gone = true;
  outbound.closed(whole);
  outbound.look(part);
  expect(outbound.buffered).toBe(10);
});
