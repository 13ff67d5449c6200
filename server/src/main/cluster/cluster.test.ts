import { expect, test } from 'vitest';
import { serviceNames } from '../all-services.ts';
import { defaultInstances, parseInstances, planCluster } from './plan-cluster.ts';
import { showTable } from './show-table.ts';
import { type SuperviseOptions, supervise } from './supervise.ts';

test('counts of instances are laid over the defaults', () => {
  expect(parseInstances('')).toEqual(defaultInstances);
  expect(parseInstances('chat=3, realtime=1')).toEqual({ ...defaultInstances, chat: 3, realtime: 1 });
});

test.each([
  ['chat', /must be like chat=3/],
  ['chats=2', /must be like chat=3 with one of gateway, realtime/],
  ['all=2', /must be like/],
  ['chat=0', /from 1 to 16/],
  ['chat=99', /from 1 to 16/],
  ['relay=2', /only one relay/],
  ['discovery=2', /only one discovery/],
])('--instances %s is refused', (text, message) => {
  expect(() => parseInstances(text)).toThrow(message);
});

test('every process has a name and ports of its own; only who faces people has an HTTP port', async () => {
  let port = 100;
  const planned = await planCluster(parseInstances('realtime=2,gateway=1'), async () => port++);
  const names = planned.map(({ name }) => name);
  expect(names[0]).toBe('discovery');
  expect(names).toEqual(expect.arrayContaining(['identity', 'people', 'chat-1', 'chat-2', 'relay', 'router']));
  expect(names.slice(-3)).toEqual(['gateway', 'realtime-1', 'realtime-2']);
  expect([...new Set(planned.map(({ target }) => target))].sort()).toEqual([...serviceNames].sort());
  expect(planned.filter(({ httpPort }) => httpPort !== null).map(({ target }) => target)).toEqual([
    ...['gateway', 'realtime', 'realtime'],
  ]);
  expect(planned.filter(({ grpcPort }) => grpcPort !== null).map(({ target }) => target)).toEqual(['gateway']);
  const ports = planned.flatMap((one) => [one.httpPort, one.grpcPort, one.rpcPort, one.adminPort]);
  const given = ports.filter((one) => one !== null);
  expect(new Set(given).size).toBe(given.length);
});

test('the table tells how each process is, for how long and where', () => {
  const planned = {
    name: 'chat-1',
    target: 'chat',
    httpPort: null,
    grpcPort: null,
    rpcPort: 20_001,
    adminPort: 20_002,
  };
  const chat = { name: 'chat-1', state: 'ready', pid: 17, restarts: 2, since: 0, lastExit: 'SIGKILL' } as const;
  const nginx = { ...chat, name: 'nginx', state: 'restarting', pid: null, since: 3_600_000 } as const;
  const table = showTable(
    [
      { ...chat, planned },
      { ...nginx, planned: null },
    ],
    3_725_000,
  );
  expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['process', 'state', 'for', 'pid', 'restarts', 'http', 'grpc', 'rpc', 'admin'],
    ['chat-1', 'ready', '1 h 2 min', '17', '2', '-', '-', '20001', '20002'],
    ['nginx', 'restarting (SIGKILL)', '2 min', '-', '2', '-', '-', '-', '-'],
  ]);
});

/** Node running a line of code, supervised; `changes` has the states it went through. */
function start(code: string, more: Partial<SuperviseOptions> = {}) {
  const changes: string[] = [];
  const lines: string[] = [];
  let heard = (): void => {};
  const supervisor = supervise({
    name: 'child',
    command: process.execPath,
    args: ['-e', code],
    env: process.env,
    readyLine: /^ready$/,
    onLine: (line) => void lines.push(line),
    onChange() {
      queueMicrotask(() => {
        changes.push(supervisor.info.state);
        heard();
      });
    },
    ...more,
  });
  const until = (state: string, times = 1): Promise<void> =>
    new Promise((resolve) => {
      heard = () => {
        if (changes.filter((each) => each === state).length >= times) resolve();
      };
      heard();
    });
  return { supervisor, changes, lines, until };
}

test('a process that is killed is started again, and stops when it is told to', async () => {
  const { supervisor, changes, until } = start(`console.log('ready'); setInterval(() => {}, 1000)`);
  await supervisor.ready;
  process.kill(supervisor.info.pid as number, 'SIGKILL');
  await until('ready', 2);
  expect(supervisor.info).toMatchObject({ state: 'ready', restarts: 1, lastExit: 'SIGKILL' });
  await supervisor.stop(10_000);
  await until('stopped');
  expect(changes).toEqual(['starting', 'ready', 'restarting', 'starting', 'ready', 'stopped']);
});

test('one that ends before it is ready says so, with its lines told', async () => {
  const { supervisor, lines } = start(`console.error('no database'); process.exitCode = 3`);
  await expect(supervisor.ready).rejects.toThrow('child ended (code 3) before it was ready');
  await supervisor.stop(10_000);
  expect(lines).toContain('no database');
});

test('one that ignores SIGTERM is killed after its grace', async () => {
  const { supervisor } = start(`process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`);
  await supervisor.ready;
  await supervisor.stop(50);
  expect(supervisor.info.lastExit).toBe('SIGKILL');
});

test('a command that does not exist is told, not thrown', async () => {
  const { supervisor } = start('', { command: '/no/such/program', readyLine: null });
  await expect(supervisor.ready).rejects.toThrow('ENOENT');
  await supervisor.stop(50);
});
