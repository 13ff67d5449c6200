import type { Unit } from '../../kernel/lifecycle.ts';
import { createRelay } from '../../services/relay/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initRelay(p: ProgramContext): Unit {
  const { unit, behind } = createRelay({
    ...shared(p, 'relay'),
    databases: p.databases,
    replication: p.replication,
    onReset: (reason) => void onReset(p, reason),
  });
  p.behind = behind;
  return unit;
}

/** Those who keep messages first: hubs ask them which history is the present one. Being told twice does no harm. */
async function onReset(p: ProgramContext, reason: string): Promise<void> {
  await p.processes.tell(['chat'], (process, ctx) => process.onStreamReset(ctx, reason));
  await p.processes.tell(['realtime', 'gateway'], (process, ctx) => process.onStreamReset(ctx, reason));
}
