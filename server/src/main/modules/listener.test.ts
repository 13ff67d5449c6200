import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../../test-support/free-port.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { Protocol, ProtocolData, Surface } from '../../protocols/shared/protocol.ts';
import { parseListens } from '../parse-listens.ts';
import type { PublicContext } from '../program-context.ts';
import { createHttp, initListener } from './listener.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Two protocols with the same paths, of which one has no place on the shared ports; what each was registered with. */
async function start(listen: string, host = '127.0.0.1') {
  const registered: string[] = [];
  const create = (name: string, mainPort: Surface | null): { data: ProtocolData; protocol: Protocol } => ({
    data: {
      ...{ name, mainPort, ownPort: { http: ['/'], grpc: ['x.X'] }, listenModes: ['open', 'trusted'] },
      load: () => Promise.reject(new Error('it is loaded already')),
    },
    protocol: {
      registerHttp: async ({ app }, { own, mode }) => {
        registered.push(`${name} http ${own ? 'own' : 'main'} ${mode}`);
        app.get('/', async () => name);
      },
      registerSockets: () => {},
      registerGrpc: (_host, { own, mode }) => void registered.push(`${name} grpc ${own ? 'own' : 'main'} ${mode}`),
    },
  });
  const loaded = [create('shared', { http: ['/'] }), create('alone', null)];
  const options = {
    ...{
      host,
      port: await freePort(),
      'grpc-port': await freePort(),
      'trust-proxy': { hops: 0 },
      'allowed-origins': [],
    },
    listen: parseListens(
      listen,
      loaded.map(({ data }) => data),
    ),
  };
  const p = {
    ...{ options, log: silentLog, metrics: noMetrics, halves: { http: {}, sockets: {} } },
  } as unknown as PublicContext;
  const { unit = {} } = initListener({ ...p, http: createHttp(p, options.port) }, async () => loaded);
  ends.push(() => unit.stop?.());
  await unit.start?.();
  return { registered, port: options.port };
}

/** Whether somebody accepts connections there. */
async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('two protocols may have the same path on different ports', async () => {
  const own = await freePort();
  const grpc = await freePort();
  const { registered, port } = await start(`${own}=alone,open ${grpc}=grpc:alone`);
  const textAt = async (at: number) => (await fetch(`http://127.0.0.1:${at}/`)).text();
  expect([await textAt(port), await textAt(own)]).toEqual(['shared', 'alone']);
  expect(registered).toEqual([
    'shared grpc main null',
    'shared http main null',
    'alone http own open',
    'alone grpc own null',
  ]);
});

// 127.0.0.2 is another address of this machine only there.
test.runIf(process.platform === 'linux')('who vouches for its users comes from this machine', async () => {
  const plain = await freePort();
  const trusted = await freePort();
  const { registered } = await start(`${plain}=grpc:alone ${trusted}=grpc:alone,trusted`, '0.0.0.0');
  expect(registered.slice(-2)).toEqual(['alone grpc own null', 'alone grpc own trusted']);
  expect([await accepts('127.0.0.1', plain), await accepts('127.0.0.2', plain)]).toEqual([true, true]);
  expect([await accepts('127.0.0.1', trusted), await accepts('127.0.0.2', trusted)]).toEqual([true, false]);
});
