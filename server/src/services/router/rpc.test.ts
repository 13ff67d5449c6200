import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import { deliveries } from '../../../test-support/delivery-samples.ts';
import type { RouterApi } from './api.ts';
import { routerRpc } from './rpc.ts';

checkRpc<RouterApi>(routerRpc, 'parley.router.v1.RouterService', {
  route: { args: fc.tuple(deliveries), answer: fc.constant(undefined) },
});
