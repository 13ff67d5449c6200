import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import { deliveries } from '../../../test-support/delivery-samples.ts';
import { text } from '../../../test-support/samples.ts';
import type { RealtimeApi } from './api.ts';
import { realtimeRpc } from './rpc.ts';

checkRpc<RealtimeApi>(realtimeRpc, 'parley.realtime.v1.RealtimeService', {
  deliver: { ordered: fc.tuple(deliveries) },
  doubt: { args: fc.tuple(text()), answer: fc.constant(undefined) },
});
