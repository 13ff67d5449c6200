import type { HubId } from '../../kernel/ids.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { RealtimeApi } from '../realtime/api.ts';
import type { RouterApi } from './api.ts';
import { createRouter } from './module.ts';

/** What of the program it is wired to. */
export interface RouterParts extends ServiceParts {
  readonly registry: HubRegistry;
  readonly services: { at(name: 'realtime', hub: HubId): RealtimeApi };
  /** WAL position of the chat database now. */
  startLsn(): Promise<bigint>;
}

export function initRouter(p: RouterParts): WiredService<{ router: RouterApi }> {
  const { api, unit } = createRouter({
    ...partsFor(p, 'router'),
    registry: p.registry,
    realtimeOf: (hub) => p.services.at('realtime', hub),
    // A durable bus remembers what the group has handled; the in-process one begins anew with the router (rule 13).
    ...(!p.bus.guarantees.durable && { startLsn: p.startLsn }),
  });
  return { unit, apis: { router: api } };
}
