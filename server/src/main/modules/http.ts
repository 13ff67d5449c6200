import { requirePrincipal } from '../../kernel/context.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import { createPresenceReader } from '../../services/realtime/presence/presence-reader.ts';
import type { ProgramContext } from '../program-context.ts';
import { createHttp } from './listener.ts';

export function initHttp(p: ProgramContext): Unit {
  const { registry, clock, log } = p;
  p.http = createHttp(p, p.options.port);
  p.presence = createPresenceReader({ registry, clock, log: log.child({ service: 'presence' }) });
  return {};
}

export function initRest(p: ProgramContext): Unit {
  const { presence, webRoot, status, blobs: attachments } = p;
  p.halves.http = { presence, attachments, status, webRoot };
  return {};
}

export function initSockets(p: ProgramContext): Unit {
  const chat = p.services.connect('chat');
  p.halves.sockets = {
    hub: p.hub,
    presence: p.presence,
    status: p.status,
    notifyPreferencesOf: (users) => chat.notifyPreferencesOf(p.createContext('notifications'), users),
    ownMemberships: (ctx) => chat.membershipsOf(ctx, [requirePrincipal(ctx).account]),
  };
  return {};
}
