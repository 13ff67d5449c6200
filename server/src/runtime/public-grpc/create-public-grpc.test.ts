import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { connectEcho, startEchoGrpc } from '../../../test-support/echo-grpc.ts';
import { systemClock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';
import type { GrpcCall } from './public-grpc.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(
  answer: (call: GrpcCall, request: object) => Promise<object>,
  options: Parameters<typeof startEchoGrpc>[1] = {},
  describe?: Parameters<typeof startEchoGrpc>[2],
) {
  const server = await startEchoGrpc(answer, options, describe);
  ends.push(() => server.unit.stop());
  const client = connectEcho(`127.0.0.1:${server.port}`);
  ends.push(client.close);
  return { server, ...client };
}

const leftOf = ({ ctx }: GrpcCall): number => ctx.deadline - systemClock.monotonic();
const health = '/grpc.health.v1.Health/Check';

describe('the public gRPC port', () => {
  test('answers, and believes nothing that our own processes tell each other in metadata', async () => {
    const { say } = await start(async ({ ctx, metadata }, request) => ({
      request,
      principal: ctx.principal,
      token: metadata('token'),
    }));
    const principal = { account: 'a', session: 's', username: 'u', admin: true };
    const forged = Buffer.from(JSON.stringify({ requestId: 'r', principal }));
    expect(await say({ a: 1 }, { 'parley-context-bin': forged, token: 'x' })).toEqual({
      request: { a: 1 },
      principal: null,
      token: 'x',
    });
  });

  test('a call has the time its caller gives it, and never more than ours', async () => {
    const { say } = await start(async (call) => ({ left: leftOf(call) }));
    expect((await say({})).left).toBeGreaterThan(0);
    expect((await say({})).left).toBeLessThanOrEqual(10_000);
    expect((await say({}, {}, { deadline: Date.now() + 9_000 })).left).toBeLessThanOrEqual(9_000);
    expect((await say({}, {}, { deadline: Date.now() + 3_600_000 })).left).toBeLessThanOrEqual(10_000);
  });

  test('the address is the connection’s, and what a proxy says only where one is trusted', async () => {
    const forwarded = { 'x-forwarded-for': '10.1.2.3, 10.9.9.9' };
    const plain = await start(async ({ ctx: { address } }) => ({ address }));
    expect(await plain.say({}, forwarded)).toEqual({ address: '127.0.0.1' });
    const behind = await start(async ({ ctx: { address } }) => ({ address }), { trustProxy: { hops: 1 } });
    expect(await behind.say({}, forwarded)).toEqual({ address: '10.9.9.9' });
    expect(await behind.say({})).toEqual({ address: '127.0.0.1' });
  });

  test('a protocol that has no words for a failure ends that call, and the next is served', async () => {
    const answer = async (_call: GrpcCall, request: object) => {
      if ('fails' in request) throw fail('conversation.unknown');
      return request;
    };
    const { say } = await start(answer, {}, () => {
      throw new Error('no words');
    });
    await expect(say({ fails: true })).rejects.toMatchObject({ code: status.INTERNAL });
    expect(await say({ a: 1 })).toEqual({ a: 1 });
  });

  test('a caller that has gone is noticed', async () => {
    let gone!: () => void;
    const noticed = new Promise<void>((resolve) => {
      gone = resolve;
    });
    let cancel!: () => void;
    const { say } = await start(async ({ ctx }) => {
      ctx.signal?.addEventListener('abort', gone);
      cancel();
      await noticed;
      return {};
    });
    const asked = say({}, {}, {}, (by) => {
      cancel = by;
    });
    await expect(asked).rejects.toMatchObject({ code: status.CANCELLED });
    await noticed;
  });

  test('a failure ends in the words of its protocol; what happened inside is not told', async () => {
    const { say, raw } = await start(async (_call, request) => {
      if ('known' in request) throw fail('request.invalid', 'Not so: \ud800');
      throw new Error('secret');
    });
    await expect(say({ known: 1 })).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: 'request.invalid: Not so: \ufffd',
    });
    const error = await say({}).catch((thrown) => thrown);
    expect(error.details).toMatch(/^internal: /);
    expect(JSON.stringify(error)).not.toContain('secret');
    await expect(raw('/test.Echo/Say', Buffer.from('{'))).rejects.toMatchObject({
      details: expect.stringMatching(/^request\.invalid: /),
    });
    await expect(raw('/test.Echo/Sing', Buffer.from('{}'))).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    const large = Buffer.alloc(1024 * 1024 + 1, 32);
    await expect(raw('/test.Echo/Say', large)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test('draining, it says so and still answers; a call that runs is waited for', async () => {
    let go!: () => void;
    const open = new Promise<void>((resolve) => {
      go = resolve;
    });
    let begun!: () => void;
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { server, say, raw } = await start(async () => {
      begun();
      await open;
      return { ok: true };
    });
    expect(await raw(health, Buffer.alloc(0))).toEqual(Buffer.from([8, 1]));
    await server.unit.drain();
    expect(await raw(health, Buffer.alloc(0))).toEqual(Buffer.from([8, 2]));
    const asked = say({});
    await running;
    const stopped = server.unit.stop();
    go();
    expect(await asked).toEqual({ ok: true });
    await stopped;
  });

  test('a port that is taken keeps it from starting', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    ends.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    await expect(startEchoGrpc(async () => ({}), { port })).rejects.toMatchObject({
      message: `the public gRPC port cannot be opened on 127.0.0.1:${port}`,
      cause: { message: expect.stringContaining('EADDRINUSE') },
    });
  });
});
