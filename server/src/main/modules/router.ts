import type { Unit } from '../../kernel/lifecycle.ts';
import { createRouter } from '../../services/router/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initRouter(p: ProgramContext): Unit {
  const { api, unit } = createRouter({
    ...shared(p, 'router'),
    registry: p.registry,
    realtimeOf: (hub) => p.services.at('realtime', hub),
    // A durable bus remembers what the group has handled; the in-process one begins anew with the router (rule 13).
    ...(!p.bus.guarantees.durable && { startLsn: p.startLsn }),
  });
  p.services.provide('router', api);
  return unit;
}
