import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callProbe, credential, type GrpcFixture, openGrpcFixture } from '../../../conformance/rpc/grpc-fixture.ts';
import { probeRpc } from '../../../conformance/rpc/probe.ts';
import { freePort } from '../../../test-support/free-port.ts';
import { systemContext } from '../../kernel/context.ts';
import { silentLog } from '../../kernel/log.ts';
import { createGrpcServer } from './create-grpc-server.ts';
import { maxMessageBytes, maxUnanswered } from './limits.ts';

const timeout = 60_000;
const waiting = { timeout: 40_000, interval: 5 };
const nobody = () => systemContext('test', timeout);
const paths = Object.values(probeRpc.methods).map(({ path }) => path);
const errorOf = (call: Promise<unknown>): Promise<ServiceError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (thrown) => thrown,
  );

let fixture: GrpcFixture;
beforeEach(async () => {
  fixture = await openGrpcFixture({ stopMs: 1_000 });
});
afterEach(async () => {
  for (const release of fixture.probe.held.values()) release();
  await fixture.end();
});

/** The server answers a good call. */
const works = async (): Promise<void> => {
  expect(await callProbe(fixture.peer()).echo(nobody(), { list: ['a'] })).toEqual({ list: ['a'] });
};

describe('the service credential', () => {
  const refused = {
    none: new Metadata(),
    another: credential('another'),
    'a longer one': credential('of the suite '),
    nothing: credential(''),
  };

  for (const [what, metadata] of Object.entries(refused)) {
    test(`${what}: every path is refused and nothing runs`, async () => {
      for (const path of paths) {
        const error = await errorOf(fixture.send(path, Buffer.from('[{"list":[]}]'), metadata));
        expect(error.code).toBe(status.UNAUTHENTICATED);
      }
      const { probe } = fixture;
      expect([probe.echoed.length, probe.noted.length, probe.hung]).toEqual([0, 0, 0]);
    });
  }

  test('a port without one is not opened', () => {
    expect(() => createGrpcServer({ host: '127.0.0.1', port: 0, secret: '', log: silentLog })).toThrow(/secret/);
  });
});

describe('hostile bytes', () => {
  test('to every path: an error, and the server works on', { timeout }, async () => {
    // hang would wait: garbage is refused before it.
    const call = fc.asyncProperty(
      fc.constantFrom(...paths.filter((path) => !/Hang|WhoAmI|Burst/.test(path))),
      fc.uint8Array({ maxLength: 200 }).filter((bytes) => !isJson(bytes)),
      async (path, bytes) => {
        const error = await errorOf(fixture.send(path, Buffer.from(bytes)));
        expect([status.INVALID_ARGUMENT, status.INTERNAL]).toContain(error.code);
        expect(error.metadata.get('parley-failure-bin').length).toBe(1);
      },
    );
    await fc.assert(call, { numRuns: 200 });
    await works();
  });

  test('in the metadata: an error', { timeout }, async () => {
    const context = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), context, async (path, text) => {
        const metadata = credential('of the suite');
        metadata.set('parley-context-bin', Buffer.from(text));
        const error = await errorOf(fixture.send(path, Buffer.from('[]'), metadata));
        expect(error.code).toBe(status.INVALID_ARGUMENT);
      }),
      { numRuns: 200 },
    );
    await works();
  });

  test('instead of HTTP/2: the connection ends', { timeout }, async () => {
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    ]) {
      const socket = connect(fixture.server.port, '127.0.0.1').on('error', () => {});
      socket.resume().write(bytes, 'latin1');
      await once(socket, 'close');
    }
    await works();
  });

  test('in a message: lengths that lie, compression that is none', { timeout }, async () => {
    const session = connectHttp2(`http://${fixture.address}`).on('error', () => {});
    const frames = [
      [0, 0xff, 0xff, 0xff, 0xff, 1, 2],
      [1, 0, 0, 0, 2, 7, 7],
      [9, 0, 0, 0, 0],
      [0, 0, 0],
    ];
    for (const path of [...paths, '/grpc.health.v1.Health/Check', '/no.Such/Method', '/']) {
      for (const frame of frames) {
        const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
        const stream = session.request({ ...headers, authorization: 'Bearer of the suite', 'grpc-encoding': 'gzip' });
        stream.on('error', () => {}).resume();
        stream.end(Buffer.from(frame));
        await once(stream, 'close');
      }
    }
    session.destroy();
    await works();
  });

  test('beyond the limit: refused, before the method', async () => {
    const error = await errorOf(fixture.send(paths[0]!, Buffer.alloc(maxMessageBytes + 1)));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    await works();
  });
});

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return bytes.length === 0;
  }
}

test('a caller that sends without end waits in its own memory, not in ours', async () => {
  const count = maxUnanswered * 4;
  for (let n = 0; n < count; n++) fixture.probe.hold(n);
  const calls = Array.from({ length: count }, (_, n) => Buffer.from(JSON.stringify({ number: n, args: [n] })));
  const answered = fixture.send(probeRpc.methods.note.path, calls);
  await vi.waitFor(() => expect(fixture.probe.noted.length).toBe(maxUnanswered), waiting);
  // What the server has read by now it has begun.
  await works();
  expect(fixture.probe.noted.length).toBe(maxUnanswered);
  for (const release of fixture.probe.held.values()) release();
  await answered;
  expect(fixture.probe.noted.length).toBe(count);
});

test('an unknown method is unknown, and was never run', async () => {
  expect((await errorOf(fixture.send('/parley.probe.v1.ProbeService/Nothing', Buffer.alloc(0)))).code).toBe(
    status.UNIMPLEMENTED,
  );
  const peer = fixture.peer();
  const unknown = peer.call({ ...probeRpc.methods.echo, path: '/parley.probe.v1.ProbeService/Nothing' }, nobody(), []);
  await expect(unknown).rejects.toMatchObject({ code: 'internal', reached: false });
});

test('an answer that is too large fails its call, and the log says so', async () => {
  const list = Array.from({ length: 3 }, () => 'x'.repeat(maxMessageBytes / 4));
  const { api } = fixture.probe;
  const echo = api.echo;
  api.echo = async (ctx, item) => ({ list: [...(await echo(ctx, item)).list, ...list] });
  await expect(callProbe(fixture.peer()).echo(nobody(), { list })).rejects.toMatchObject({ code: 'internal' });
  expect(JSON.stringify(fixture.logged, (_, value) => (value instanceof Error ? value.message : value))).toMatch(
    /too large/,
  );
});

test('what a bug threw is in the log of the callee', async () => {
  await expect(callProbe(fixture.peer()).burst(nobody())).rejects.toMatchObject({ code: 'internal' });
  expect(fixture.logged).toMatchObject([
    { target: '/parley.probe.v1.ProbeService/Burst', error: new Error('the password is hunter2') },
  ]);
});

describe('health', () => {
  const { path, requestSerialize, responseDeserialize } = healthService.Check!;
  const check = (service: string): Promise<string> => {
    const client = new Client(fixture.address, credentials.createInsecure());
    return new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service } as never, (error, answer) =>
        error ? reject(error) : resolve((answer as { status: string }).status),
      );
    }).finally(() => client.close());
  };

  test('needs no credential and tells of each service', async () => {
    const services = ['', 'parley.probe.v1.ProbeService'];
    expect(await Promise.all(services.map(check))).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    fixture.server.setServing(true);
    expect(await Promise.all(services.map(check))).toEqual(['SERVING', 'SERVING']);
    await fixture.server.unit.drain();
    expect(await Promise.all(services.map(check))).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    await expect(check('parley.other.v1.OtherService')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('reflection', () => {
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  // ServerReflectionRequest: list_services (7) = "", file_containing_symbol (4) = a name.
  const listServices = Buffer.from([0x3a, 0x00]);
  const symbol = 'parley.process.v1.ProcessService';
  const fileOf = Buffer.concat([Buffer.from([0x22, symbol.length]), Buffer.from(symbol)]);

  test('tells what the protos say of the services of the port, to who has the credential', async () => {
    const listed = (await fixture.send(path, listServices)).toString();
    expect(listed).toContain(symbol);
    expect(listed).not.toContain('parley.chat.v1.ChatService');
    expect((await fixture.send(path, fileOf)).toString()).toContain('parley/process/v1/process.proto');
    expect((await errorOf(fixture.send(path, listServices, new Metadata()))).code).toBe(status.UNAUTHENTICATED);
  });
});

describe('stopping', () => {
  test('lets calls that run end, and takes no more', { timeout }, async () => {
    const slow = await openGrpcFixture({ stopMs: timeout });
    const { probe, server } = slow;
    const api = callProbe(slow.peer());
    probe.hold(1);
    const running = api.note(nobody(), 1);
    await vi.waitFor(() => expect(probe.noted).toEqual([1]), waiting);
    const stopped = server.unit.stop();
    const late = api.note(nobody(), 2);
    await expect(late).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(probe.noted).toEqual([1]);
    probe.held.get(1)?.();
    await running;
    await stopped;
    expect(slow.lost).toBe(0);
    await slow.end();
  });

  test('does not wait for ever', { timeout }, async () => {
    const hanging = callProbe(fixture.peer()).hang(nobody());
    await vi.waitFor(() => expect(fixture.probe.hung).toBe(1), waiting);
    await Promise.all([
      fixture.server.unit.stop(),
      expect(hanging).rejects.toMatchObject({ code: 'service.unavailable' }),
    ]);
  });
});

test('a port that is taken is named', async () => {
  const port = await freePort();
  const first = await openGrpcFixture({ port });
  await expect(openGrpcFixture({ port })).rejects.toThrow(new RegExp(`${port}`));
  await first.end();
});
