import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createGrpcServer } from '../../src/runtime/rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../../src/runtime/rpc/grpc/create-peer.ts';
import { createLocal } from '../../src/runtime/rpc/local.ts';
import { breakTransport, type TransportFault, transportFaults } from './break-transport.ts';
import { createProbe, type ProbeApi, probeRpc } from './probe.ts';
import { type RpcSubject, rpcProperties } from './properties.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function createLocalSubject(): RpcSubject {
  const probe = createProbe();
  return { probe, api: createLocal<ProbeApi>('probe', () => probe.api, { log: silentLog }) };
}

async function createGrpcSubject(): Promise<RpcSubject> {
  const probe = createProbe();
  const secret = 'of the suite';
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, secret, log: silentLog });
  server.add(probeRpc, probe.api);
  await server.unit.start();
  ends.push(() => server.unit.stop());
  const peer = createPeer({ address: `127.0.0.1:${server.port}`, secret, log: silentLog });
  ends.push(() => peer.close());
  const api = Object.fromEntries(
    Object.entries(probeRpc.methods).map(([name, method]) => {
      const call: (...args: never[]) => unknown =
        method.kind === 'results'
          ? (ctx, ...args) => peer.call(method, ctx, args.slice(0, -1), args.at(-1))
          : (ctx, ...args) => peer.call(method, ctx, args);
      return [name, call];
    }),
  );
  return { probe, api: api as unknown as ProbeApi };
}

describe('a call within the process', () => {
  for (const property of rpcProperties) test(property.name, () => property.check(createLocalSubject()));
});

describe('a call over gRPC', () => {
  for (const property of rpcProperties) test(property.name, async () => property.check(await createGrpcSubject()));
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<TransportFault, string> = {
  'arguments are shared': 'copies arguments',
  'answers are shared': 'copies answers',
  'failures of one status are one': 'every code',
  'problems are lost': 'the problems',
  'causes are told': 'hides what',
  'the text of a bug is told': 'hides what',
  'the principal is lost': 'carries the principal',
  'the last principal stays': 'carries the principal',
  'the request id is lost': 'carries the principal',
  'the deadline is lost': 'carries the deadline',
  'only the caller knows of the deadline': 'at its deadline',
  'an abort is not heard': 'when its caller goes',
  'every call ends in an abort': 'was answered',
  'results come after the answer': 'results in order',
  'results change their order': 'results in order',
  'late results are told': 'after the answer',
  'a failure after results is an answer': 'fails a call after',
  'the listener may fail': 'cannot take',
  'ordered calls overtake': 'in the order in which',
  'ordered calls wait for each other': 'while those before it run',
  'one ordered call fails all that run': 'and no other',
};

/** A property that waits for what never comes has noticed as well; sound transports take milliseconds. */
const noticeMs = 1_000;

describe('the suite notices that', () => {
  for (const fault of Object.keys(transportFaults) as TransportFault[]) {
    test(fault, async () => {
      const property = rpcProperties.find(({ name }) => name.includes(noticedBy[fault]));
      if (!property) throw new Error(`no property is named "${noticedBy[fault]}"`);
      const { probe, api } = createLocalSubject();
      const checked = property.check({ probe, api: breakTransport(api, probe, fault) });
      const waiting = new Promise((_, reject) => setTimeout(() => reject(new Error('waits for ever')), noticeMs));
      await expect(Promise.race([checked, waiting])).rejects.toThrow();
    });
  }
});
