import { once } from 'node:events';
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callProbe, type GrpcFixture, openGrpcFixture } from '../../../conformance/rpc/grpc-fixture.ts';
import { probeRpc } from '../../../conformance/rpc/probe.ts';
import { type CutProxy, openCutProxy } from '../../../test-support/cut-proxy.ts';
import { freePort } from '../../../test-support/free-port.ts';
import { type Context, createContext, systemContext } from '../../kernel/context.ts';
import { Failure } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { TransportFailure } from '../rpc-service.ts';
import { maxMessageBytes, maxUnanswered } from './limits.ts';

const timeout = 60_000;
const waiting = { timeout: 40_000, interval: 5 };
const nobody = (): Context => systemContext('test', timeout);
const failureOf = (call: Promise<unknown>): Promise<TransportFailure> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (thrown) => thrown,
  );

let fixture: GrpcFixture;
let proxy: CutProxy | undefined;
beforeEach(async () => {
  fixture = await openGrpcFixture({ stopMs: 500 });
});
afterEach(async () => {
  for (const release of fixture.probe.held.values()) release();
  await fixture.end();
  await proxy?.cut().catch(() => {});
  proxy = undefined;
});

/** A peer whose way to the server can be cut. */
async function openWay() {
  proxy = await openCutProxy(`http://${fixture.address}`);
  const api = callProbe(fixture.peer(new URL(proxy.url).host));
  return { api, proxy };
}

describe('a peer that cannot be reached', () => {
  test('fails calls at once, as never sent', async () => {
    const api = callProbe(fixture.peer(`127.0.0.1:${await freePort()}`));
    for (const call of [api.whoAmI(nobody()), api.count(nobody(), 1, () => {}), api.note(nobody(), 1)]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(TransportFailure);
      expect(failure).toMatchObject({ code: 'service.unavailable', reached: false });
      expect(failure.cause).toMatchObject({ message: expect.stringContaining('cannot be reached') });
    }
  });

  test('fails calls as never sent when it takes the connection and says nothing', { timeout }, async () => {
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const api = callProbe(fixture.peer(`127.0.0.1:${(silent.address() as AddressInfo).port}`));
    expect(await failureOf(api.whoAmI(nobody()))).toMatchObject({ code: 'service.unavailable', reached: false });
    const impatient = await failureOf(api.whoAmI(createContext(null, 'r', 50)));
    expect(impatient).toMatchObject({ code: 'service.timeout', reached: false });
    silent.close();
  });

  test('is found again after a restart on its address', { timeout }, async () => {
    const port = await freePort();
    const first = await openGrpcFixture({ port });
    const api = callProbe(fixture.peer(first.address));
    await api.note(nobody(), 1);
    await first.end();
    expect(await failureOf(api.note(nobody(), 2))).toMatchObject({ code: 'service.unavailable' });
    const second = await openGrpcFixture({ port });
    await vi.waitFor(() => api.whoAmI(nobody()), waiting);
    await api.note(nobody(), 3);
    expect(second.probe.noted).toEqual([3]);
    await second.end();
  });
});

test('an answer that ends before it has said anything is a fault of the callee', { timeout }, async () => {
  const mute = createHttp2Server().listen(0, '127.0.0.1');
  mute.on('stream', (stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end();
  });
  await once(mute, 'listening');
  const api = callProbe(fixture.peer(`127.0.0.1:${(mute.address() as AddressInfo).port}`));
  const failure = await failureOf(api.count(nobody(), 1, () => {}));
  expect(failure).toMatchObject({ code: 'internal', cause: { message: expect.stringContaining('without an answer') } });
  mute.close();
});

describe('a connection that breaks', () => {
  test('fails calls on the way as perhaps begun; the next ones use a new connection', { timeout }, async () => {
    const { api, proxy } = await openWay();
    const hanging = failureOf(api.hang(nobody()));
    await vi.waitFor(() => expect(fixture.probe.hung).toBe(1), waiting);
    await proxy.cut();
    expect(await hanging).toMatchObject({ code: 'service.unavailable', reached: true });
    await vi.waitFor(() => expect(fixture.probe.aborted).toBe(1), waiting);
    await proxy.restore();
    await vi.waitFor(() => api.whoAmI(nobody()), waiting);
  });

  test('fails calls as perhaps begun when their peer ends them without an answer, as one does that is killed', async () => {
    const sessions: ServerHttp2Session[] = [];
    const dying = createHttp2Server().on('session', (session) => sessions.push(session));
    dying.on('stream', (stream) => stream.close(constants.NGHTTP2_NO_ERROR)).listen(0, '127.0.0.1');
    await once(dying, 'listening');
    const peer = fixture.peer(`127.0.0.1:${(dying.address() as AddressInfo).port}`);
    const api = callProbe(peer);
    const calls = [api.whoAmI(nobody()), api.count(nobody(), 1, () => {}), api.note(nobody(), 1)];
    for (const failure of await Promise.all(calls.map(failureOf)))
      expect(failure).toMatchObject({ code: 'service.unavailable', reached: true });
    peer.close();
    for (const session of sessions) session.destroy();
    dying.close();
  });

  test('fails all ordered calls, tells which were never sent, and tells the callee', { timeout }, async () => {
    const { api, proxy } = await openWay();
    fixture.probe.hold(0);
    const calls = Array.from({ length: maxUnanswered + 10 }, (_, n) => {
      fixture.probe.hold(n);
      return failureOf(api.note(nobody(), n));
    });
    await vi.waitFor(() => expect(fixture.probe.noted.length).toBe(maxUnanswered), waiting);
    await proxy.cut();
    const failures = await Promise.all(calls);
    for (const [n, failure] of failures.entries())
      expect(failure).toMatchObject({ code: 'service.unavailable', reached: n < maxUnanswered });
    await vi.waitFor(() => expect(fixture.lost).toBe(1), waiting);
    await proxy.restore();
    await vi.waitFor(() => api.note(nobody(), -1).catch(({ code }) => expect(code).toBe('message.unknown')), waiting);
  });

  test('tells the callee also when all its ordered calls were answered', { timeout }, async () => {
    const { api, proxy } = await openWay();
    await api.note(nobody(), 1);
    await proxy.cut();
    await vi.waitFor(() => expect(fixture.lost).toBe(1), waiting);
  });

  test('is noticed also when it breaks without a word', { timeout }, async () => {
    const { api, proxy } = await openWay();
    fixture.probe.hold(2);
    const hanging = failureOf(api.hang(nobody()));
    const noted = failureOf(api.note(nobody(), 1).then(() => api.note(nobody(), 2)));
    await vi.waitFor(() => expect(fixture.probe.hung).toBe(1), waiting);
    await vi.waitFor(() => expect(fixture.probe.noted).toEqual([1, 2]), waiting);
    proxy.freeze();
    expect(await hanging).toMatchObject({ code: 'service.unavailable', reached: true });
    expect(await noted).toMatchObject({ code: 'service.unavailable', reached: true });
    await vi.waitFor(() => expect([fixture.lost, fixture.probe.aborted]).toEqual([1, 1]), waiting);
  });
});

describe('ordered calls', () => {
  test('wait at the caller while too many are unanswered; one given up meanwhile is never sent', async () => {
    const api = callProbe(fixture.peer());
    for (let n = 0; n < maxUnanswered; n++) fixture.probe.hold(n);
    const calls = Array.from({ length: maxUnanswered }, (_, n) => api.note(nobody(), n));
    const caller = new AbortController();
    const givenUp = failureOf(api.note({ ...nobody(), signal: caller.signal }, 1_000));
    const last = api.note(nobody(), 2_000);
    await vi.waitFor(() => expect(fixture.probe.noted.length).toBe(maxUnanswered), waiting);
    // Whatever is sent arrives before the answer of a later call on the same connection.
    await api.whoAmI(nobody());
    expect(fixture.probe.noted.length).toBe(maxUnanswered);
    caller.abort();
    expect((await givenUp).code).toBe('service.timeout');
    for (const release of fixture.probe.held.values()) release();
    await Promise.all([...calls, last]);
    expect(fixture.probe.noted.at(-1)).toBe(2_000);
    expect(fixture.probe.noted).not.toContain(1_000);
  });

  test('end for their caller at its deadline; the stream and its other calls go on', async () => {
    const api = callProbe(fixture.peer());
    fixture.probe.hold(1);
    expect((await failureOf(api.note(createContext(null, 'r', 100), 1))).code).toBe('service.timeout');
    await api.note(nobody(), 2);
    expect(fixture.lost).toBe(0);
  });

  test('carry no principal: who tries is told', async () => {
    const api = callProbe(fixture.peer());
    const ctx = { ...nobody(), principal: { account: 'a', session: 's', username: 'u', admin: false } as never };
    expect((await failureOf(api.note(ctx, 1))).code).toBe('internal');
    expect(fixture.probe.noted).toEqual([]);
  });

  test('leave the callee in doubt when their caller closes', { timeout }, async () => {
    const peer = fixture.peer();
    fixture.probe.hold(1);
    const unanswered = failureOf(callProbe(peer).note(nobody(), 1));
    await vi.waitFor(() => expect(fixture.probe.noted).toEqual([1]), waiting);
    peer.close();
    expect((await unanswered).code).toBe('service.unavailable');
    await vi.waitFor(() => expect(fixture.lost).toBe(1), waiting);
  });
});

describe('a call with results', () => {
  test('tells that it has begun while it runs, and once', async () => {
    const { promise: released, resolve: release } = createGate();
    fixture.probe.api.breakOff = async (_, onResult) => {
      await released;
      onResult(0);
    };
    const heard: string[] = [];
    const call = new Promise<void>((begun, reject) => {
      const method = probeRpc.methods.breakOff;
      const onBegun = () => begun(void heard.push('begun'));
      const ended = fixture.peer().call(method, nobody(), [], () => heard.push('result'), onBegun);
      ended.then(() => heard.push('answer'), reject);
    });
    await call;
    release();
    await vi.waitFor(() => expect(heard).toEqual(['begun', 'result', 'answer']), waiting);
  });

  test('tells no result once its caller has gone', async () => {
    const api = callProbe(fixture.peer());
    const caller = new AbortController();
    let heard = 0;
    const call = api.count({ ...nobody(), signal: caller.signal }, 1_000, () => {
      if (++heard === 4) caller.abort();
    });
    expect((await failureOf(call)).code).toBe('service.timeout');
    await api.count(nobody(), 1_000, () => {});
    expect(heard).toBe(4);
  });
});

function createGate(): { promise: Promise<void>; resolve(): void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('closing fails what is on the way and what comes later', async () => {
  const peer = fixture.peer();
  const api = callProbe(peer);
  const hanging = failureOf(api.hang(nobody()));
  await vi.waitFor(() => expect(fixture.probe.hung).toBe(1), waiting);
  peer.close();
  expect(await hanging).toMatchObject({ code: 'service.unavailable', reached: true });
  expect(await failureOf(api.whoAmI(nobody()))).toMatchObject({ code: 'service.unavailable', reached: false });
});

describe('too large', () => {
  const tooLarge = { list: ['x'.repeat(maxMessageBytes)] };

  test('a request is refused before it is sent', async () => {
    const api = callProbe(fixture.peer());
    expect((await failureOf(api.echo(nobody(), tooLarge))).code).toBe('request.too_large');
    expect(fixture.probe.echoed).toEqual([]);
    await api.echo(nobody(), { list: ['x'.repeat(maxMessageBytes / 2)] });
  });

  test('a failure loses what does not fit into the trailers, not its code', async () => {
    const api = callProbe(fixture.peer());
    const problems = Array.from({ length: 10_000 }, (_, n) => ({ path: `/${n}`, message: 'is not valid' }));
    const failure = await failureOf(api.refuse(nobody(), 'request.invalid', { detail: 'ü'.repeat(100_000), problems }));
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.code).toBe('request.invalid');
    expect(failure.message).toMatch(/^ü{1000,}$/);
  });
});

test('a peer of another installation is refused, and the log says so', async () => {
  const logged: unknown[] = [];
  const log = { ...silentLog, error: (fields: object) => logged.push(fields) };
  const api = callProbe(fixture.peer(fixture.address, { secret: 'another', log }));
  expect(await failureOf(api.echo(nobody(), { list: [] }))).toMatchObject({ code: 'internal', reached: false });
  expect(await failureOf(api.note(nobody(), 1))).toMatchObject({ reached: false });
  expect([fixture.probe.echoed.length, fixture.probe.noted.length]).toEqual([0, 0]);
  expect(logged.length).toBe(2);
});
