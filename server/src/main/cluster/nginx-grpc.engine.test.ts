import { afterEach, expect } from 'vitest';
import { connectEcho, startEchoGrpc } from '../../../test-support/echo-grpc.ts';
import { engineTest } from '../../../test-support/engines.ts';
import { freePort } from '../../../test-support/free-port.ts';
import { startNginx } from '../../../test-support/nginx.ts';
import { createNginxConfig } from './nginx-config.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

engineTest('nginx', 'gRPC goes to the gateways that are there, which learn who asked', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const server = await startEchoGrpc(async ({ ctx: { address } }) => ({ name, address }), {
        trustProxy: { hops: 1 },
      });
      ends.push(() => server.unit.stop());
      return server;
    }),
  );
  const gateways = [one, two].map((server) => `127.0.0.1:${server?.port}`);
  const grpc = `127.0.0.1:${await freePort()}`;
  const nginx = await startNginx((listen) =>
    createNginxConfig({ listen, gateways, realtimes: gateways, grpc: { listen: grpc, gateways } }),
  );
  ends.push(nginx.stop);
  const client = connectEcho(grpc);
  ends.push(client.close);
  const claims = { 'x-forwarded-for': '6.6.6.6' };
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { name, address } = await client.say({}, claims, { deadline: Date.now() + 30_000 });
    expect(address).toBe('127.0.0.1');
    names.add(name);
  }
  expect([...names].sort()).toEqual(['one', 'two']);
  await two?.unit.stop();
  for (let i = 0; i < 5; i++)
    expect((await client.say({}, claims, { deadline: Date.now() + 30_000 })).name).toBe('one');
});
