import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import { flag, listOf, real, text } from '../../../test-support/samples.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { ProcessApi } from './api.ts';
import { processRpc } from './rpc.ts';

const nothing = fc.constant(undefined);
const health: fc.Arbitrary<Health> = fc.record(
  { status: fc.constantFrom<Health['status'][]>('ok', 'degraded', 'down'), detail: text() },
  { requiredKeys: ['status'] },
);
const parts = fc.dictionary(fc.constantFrom('database', 'bus', 'chat', ''), health, { noNullPrototype: true });

checkRpc<ProcessApi>(processRpc, 'parley.process.v1.ProcessService', {
  status: {
    args: fc.constant<[]>([]),
    answer: fc.record({ version: text(), uptimeSeconds: real, ready: flag, foundation: parts, modules: parts }),
  },
  onRevoked: {
    args: fc.tuple(text<AccountId>(), fc.oneof(fc.constant('all' as const), listOf(text<SessionId>()))),
    answer: nothing,
  },
  onStreamReset: { args: fc.tuple(text()), answer: nothing },
});
