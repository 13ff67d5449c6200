import { expect, test } from 'vitest';
import { describeStatus } from './support/describe-status.mjs';
import { listEngines } from './support/list-engines.mjs';
import { parseArguments } from './support/parse-arguments.mjs';

const engines = [{ name: 'postgres' }, { name: 'redis' }];

test('every module of the folder is an engine with the agreed shape, each on ports of its own', async () => {
  const found = await listEngines();
  expect(found.map((engine) => engine.name)).toEqual(
    expect.arrayContaining(['postgres', 'redis', 'rabbitmq', 'nginx']),
  );
  for (const engine of found) {
    for (const part of ['install', 'up', 'down', 'status']) expect(engine[part]).toBeTypeOf('function');
  }
  expect(new Set(found.map((engine) => engine.defaultPort)).size).toBe(found.length);
});

test('no names mean all, in their own order', () => {
  expect(parseArguments(['up'], engines).chosen).toBe(engines);
  expect(parseArguments(['up', 'redis', 'postgres'], engines).chosen).toEqual(engines);
});

test('the folder and the ports can be chosen', () => {
  const { dir, ports, chosen } = parseArguments(['up', '--dir', '/data', 'redis', '--port', 'redis=7000'], engines);
  expect({ dir, ports, chosen }).toEqual({ dir: '/data', ports: { redis: 7000 }, chosen: [engines[1]] });
});

test.each([
  [[], /up\|down\|status/],
  [['start'], /up\|down\|status/],
  [['up', 'oracle'], /no engine oracle; there are: postgres, redis/],
  [['up', '--dir', 'here'], /absolute path/],
  [['up', '--port', 'redis=0'], /NAME=PORT/],
  [['up', '--port', '7000'], /NAME=PORT/],
])('%j is refused with what to do', (args, message) => {
  expect(() => parseArguments(args, engines)).toThrow(message);
});

test('the table says what runs where', () => {
  const rows = [
    { name: 'redis', running: true, pid: 7, port: 6390, url: 'redis://127.0.0.1:6390' },
    { name: 'nginx', running: false },
  ];
  expect(describeStatus(rows, '/data').split('\n')).toEqual([
    'engine  state  pid  port  url',
    'redis   up     7    6390  redis://127.0.0.1:6390',
    'nginx   down',
    'data: /data',
  ]);
});
