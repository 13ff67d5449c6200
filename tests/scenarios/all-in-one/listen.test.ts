import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVeigoPerson, freePort, startServer, type TestServer, VeigoSocket } from '../../harness/index.ts';
import { createVeigoGrpcClient } from '../../harness/veigo-grpc.ts';

describe('ports of a protocol of their own', () => {
  let server: TestServer;
  let ports: { readonly public: number; readonly authentication: number; readonly chat: number };
  let http: number;
  let client: ReturnType<typeof createVeigoGrpcClient>;

  beforeAll(async () => {
    ports = { public: await freePort(), authentication: await freePort(), chat: await freePort() };
    http = await freePort();
    const listen = `${ports.authentication}=grpc:veigo ${ports.chat}=grpc:veigo ${http}=veigo`;
    client = createVeigoGrpcClient(ports);
    server = await startServer({ flags: { 'grpc-port': String(ports.public), listen } });
  });
  afterAll(async () => {
    client?.close();
    await server?.stop();
  });

  test('the two that Veigo has for gRPC, beside the public one', async () => {
    const { token } = await client.call('authentication.Authentication/SignUp', {
      ...{ email: 'ann@example.org', password: 'Str0ng!pass', clientId: 'phone', phone: '1' },
    });
    const made = await client.call('room.Room/Create', { name: 'Team', type: 'group' }, { token: token.access });
    expect(made.information.name).toBe('Team');
    for (const port of Object.values(ports)) await client.expectServed(port);
  });

  test('one for HTTP serves that protocol and no other', async () => {
    const url = `http://127.0.0.1:${http}`;
    const asked = await fetch(`${url}/gql?query=${encodeURIComponent('{ __typename }')}`);
    expect(await asked.json()).toEqual({ data: { __typename: 'RootQuery' } });
    expect((await fetch(`${url}/api/v1/status`)).status).toBe(404);
    expect(await (await fetch(url)).text()).toBe('Real-Time Service Online');
    const ann = await createVeigoPerson({ url }, 'Ann');
    // Nobody else is there, so its clients may open their socket at whatever path they know.
    for (const path of ['/', '/ws', '/any/where']) {
      const socket = await VeigoSocket.open({ url }, ann.access, path);
      await socket.settle();
      socket.close();
    }
    await expect(VeigoSocket.open(server, ann.access, '/ws')).rejects.toThrow('404');
  });
});
