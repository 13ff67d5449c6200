import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import { flag, listOf, orNull, real, text, whole } from '../../../test-support/samples.ts';
import type { DiscoveryApi, DiscoveryStatus } from './api.ts';
import { discoveryRpc } from './rpc.ts';

const nothing = fc.constant(undefined);
const instance = fc.record({ id: text(), service: text(), address: text() });
const ids = fc.tuple(listOf(text()));

checkRpc<DiscoveryApi>(discoveryRpc, 'parley.discovery.v1.DiscoveryService', {
  registerService: { args: fc.tuple(listOf(instance), real), answer: nothing },
  heartbeat: { args: ids, answer: listOf(flag) },
  unregisterService: { args: ids, answer: nothing },
  discoverServices: { args: ids, answer: fc.record({ instances: listOf(instance), settled: flag }) },
  discoverService: { args: fc.tuple(text()), answer: orNull(instance) },
  statusCheck: {
    args: fc.constant<[]>([]),
    answer: fc.record<DiscoveryStatus>({
      store: fc.constantFrom('ok', 'away'),
      uptimeSeconds: real,
      instances: orNull(whole),
    }),
  },
});
