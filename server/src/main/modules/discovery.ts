import type { Unit } from '../../kernel/lifecycle.ts';
import { createDiscovery } from '../../services/discovery/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initDiscovery(p: ProgramContext): Unit {
  const { api, unit } = createDiscovery({ ...shared(p, 'discovery'), store: p.instances });
  p.services.provide('discovery', api);
  return unit;
}
