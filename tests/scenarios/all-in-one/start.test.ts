import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request, runCommand, startServer, type TestServer } from '../../harness/index.ts';

const refusal = (...args: string[]): Promise<string> =>
  runCommand(...args).then(
    () => 'it ran',
    (error: Error) => error.message,
  );

describe('starting', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  test('a taken port is named, with what to do, and nothing is left behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await server.kill('SIGTERM');
    const serve = (...flags: string[]) => refusal('serve', '--data', server.data, '--admin-port', '0', ...flags);
    const said = await serve('--port', String(port), '--grpc-port', '0');
    expect(said).toContain(`port ${port} of 127.0.0.1 is taken: give another with --port`);
    expect(said).toContain('ended with 1');
    const taken = `port ${port} of 127.0.0.1 is taken: give another with`;
    const listen = `${port}=grpc:veigo`;
    expect(await serve('--port', '0', '--grpc-port', '0', '--listen', listen)).toContain(`${taken} --listen ${listen}`);
    other.close();
    await server.start(); // the data is free again
    expect((await request(server, 'GET', '/status')).body).toMatchObject({ status: 'ok' });
  });

  test('a second server on the same data is refused and told who has it', async () => {
    const said = await refusal('serve', '--data', server.data, '--port', '0', '--admin-port', '0');
    expect(said).toMatch(new RegExp(`in use by the Parley process ${server.pid}`));
    expect((await request(server, 'GET', '/status')).status).toBe(200);
  });

  test('wrong options are told all at once, and a target that memory cannot serve is refused', async () => {
    const said = await refusal('serve', '--port', 'http', '--log-level', 'loud');
    expect(said).toMatch(/ended with 2.*2 options are wrong.*--port "http".*--log-level "loud"/s);
    expect(await refusal('serve', '--target', 'chat')).toContain('needs --bus kafka://… or amqp://…');
    expect(await refusal('serve', '--target', 'chta')).toContain('unknown target chta; known: all, gateway');
  });

  test('help says what there is', async () => {
    expect(await runCommand('--help')).toMatch(/serve.*migrate.*backup.*restore.*doctor/s);
    expect(await runCommand('serve', '--help')).toContain('PARLEY_DATABASE_URL');
    expect(await runCommand('migrate', '--help')).toMatch(/--database-url .*--bus /s);
    expect(await runCommand('--list-targets')).toContain('realtime');
  });

  test('readiness and metrics are on the operator’s port, and nothing of them on the public one', async () => {
    expect((await fetch(`${server.adminUrl}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${server.adminUrl}/metrics`)).text()).toContain('parley_realtime_connections');
    for (const path of ['/metrics', '/readyz', '/healthz']) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    }
  });
});
