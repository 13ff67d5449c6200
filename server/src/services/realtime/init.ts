import { systemContext } from '../../kernel/context.ts';
import type { HubId } from '../../kernel/ids.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { TrustedChatApi } from '../chat/trusted-api.ts';
import type { TrustedIdentityApi } from '../identity/trusted-api.ts';
import type { PeopleApi } from '../people/api.ts';
import type { ProcessEvents } from '../process/api.ts';
import type { HubApi, RealtimeApi } from './api.ts';
import { createRealtime } from './module.ts';

/** What of the program it is wired to. */
export interface RealtimeParts extends ServiceParts {
  readonly registry: HubRegistry;
  /** This process among the others; also the id of its hub. */
  readonly processId: string;
  readonly process: ProcessEvents;
  readonly services: {
    connect(name: 'chat'): TrustedChatApi;
    connect(name: 'identity'): TrustedIdentityApi;
    connect(name: 'people'): PeopleApi;
  };
}

export interface WiredRealtime extends WiredService<{ realtime: RealtimeApi }> {
  readonly provides: { readonly hub: HubApi };
}

export function initRealtime(p: RealtimeParts): WiredRealtime {
  const { hub, api, unit } = createRealtime({
    ...partsFor(p, 'realtime'),
    hubId: p.processId as HubId,
    chat: p.services.connect('chat'),
    identity: p.services.connect('identity'),
    people: p.services.connect('people'),
    registry: p.registry,
  });
  p.process.onRevoked((user, sessions) =>
    api.deliver(systemContext('identity'), [{ kind: 'revoked', user, sessions }]),
  );
  p.process.onStreamReset((reason) => api.doubt(systemContext('relay'), reason));
  return { unit, apis: { realtime: api }, provides: { hub } };
}
