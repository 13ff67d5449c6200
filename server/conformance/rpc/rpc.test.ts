import { afterEach, describe, test } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createLocal } from '../../src/rpc/local.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, breakTransport, type TransportFault } from './break-transport.ts';
import { callProbe, type GrpcFixture, openGrpcFixture } from './grpc-fixture.ts';
import { createProbe, type ProbeApi } from './probe.ts';
import { type RpcSubject, rpcProperties } from './properties.ts';

let fixture: GrpcFixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

function createLocalSubject(): RpcSubject {
  const probe = createProbe();
  return { probe, api: createLocal<ProbeApi>('probe', () => probe.api, { log: silentLog }) };
}

async function createGrpcSubject(): Promise<RpcSubject> {
  fixture = await openGrpcFixture();
  return { probe: fixture.probe, api: callProbe(fixture.peer()) };
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

describeFaults({
  properties: rpcProperties,
  noticedBy,
  alsoBroken,
  create: createLocalSubject,
  break: ({ probe, api }, fault) => ({ probe, api: breakTransport(api, probe, fault) }),
});
