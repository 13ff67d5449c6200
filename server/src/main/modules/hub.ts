import type { HubId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import { createRealtime } from '../../services/realtime/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initHub(p: ProgramContext): Unit {
  const { hub, api, unit } = createRealtime({
    ...shared(p, 'realtime'),
    hubId: p.processId as HubId,
    chat: p.services.connect('chat'),
    identity: p.services.connect('identity'),
    people: p.services.connect('people'),
    registry: p.registry,
  });
  p.process.onRevoked((user, sessions) =>
    api.deliver(p.createContext('identity'), [{ kind: 'revoked', user, sessions }]),
  );
  p.process.onStreamReset((reason) => api.doubt(p.createContext('relay'), reason));
  p.services.provide('realtime', api);
  p.hub = hub;
  return unit;
}
