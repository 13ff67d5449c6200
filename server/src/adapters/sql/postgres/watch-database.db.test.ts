import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test-support/database.ts';
import { silentLog } from '../../../kernel/log.ts';
import { createPostgres } from './create-postgres.ts';
import { watchDatabase } from './watch-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase([]);
});
afterAll(() => database.close());

/** Stands between us and the database, and can go away, come back, or say nothing. */
async function openProxy() {
  const target = new URL(database.url);
  const sockets = new Set<Socket>();
  const state = { silent: false };
  const server = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => onward.write(bytes)).on('close', () => onward.destroy());
    onward.on('data', (bytes) => state.silent || client.write(bytes)).on('close', () => client.destroy());
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(database.url);
  url.port = String(port);
  return {
    url: url.toString(),
    state,
    back: () => listen(port),
    away: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

test('tells an absent, a silent and a present database apart', async () => {
  const proxy = await openProxy();
  const sql = createPostgres({ url: proxy.url });
  const watch = await watchDatabase(sql, { log: silentLog, intervalMs: 10, slowMs: 500, silentMs: 1_500 });
  await vi.waitFor(() => expect(watch.health()).toEqual({ status: 'ok' }), 60_000);
  await proxy.away();
  await vi.waitFor(() => expect(watch.health()).toMatchObject({ status: 'down' }), 60_000);
  await proxy.back();
  await vi.waitFor(() => expect(watch.health()).toEqual({ status: 'ok' }), 60_000);
  proxy.state.silent = true;
  await vi.waitFor(() => expect(watch.health()).toMatchObject({ status: 'degraded' }), 60_000);
  await vi.waitFor(() => expect(watch.health()).toMatchObject({ status: 'down' }), 60_000);
  watch.stop();
  await proxy.away();
  await sql.close();
});
