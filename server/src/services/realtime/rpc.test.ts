import fc from 'fast-check';
import { checkRpc } from '../../../testing/check-rpc.ts';
import { deliveries } from '../../../testing/delivery-samples.ts';
import { text } from '../../../testing/samples.ts';
import type { RealtimeApi } from './api.ts';
import { realtimeRpc } from './rpc.ts';

checkRpc<RealtimeApi>(realtimeRpc, 'parley.realtime.v1.RealtimeService', {
  deliver: { ordered: fc.tuple(deliveries) },
  doubt: { args: fc.tuple(text()), answer: fc.constant(undefined) },
});
