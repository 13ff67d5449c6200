import type { Unit } from '../../kernel/lifecycle.ts';
import { createPresenceReader } from '../../services/realtime/presence-reader.ts';
import type { ProgramContext } from '../program-context.ts';
import { createHttp } from './listener.ts';

export function initHttp(p: ProgramContext): Unit {
  p.http = createHttp(p, p.options.port);
  return {};
}

export function initRest(p: ProgramContext): Unit {
  const { registry, clock, webRoot, status, blobs: attachments } = p;
  const presence = createPresenceReader({ registry, clock, log: p.log.child({ service: 'gateway' }) });
  p.halves.http = { presence, attachments, status, webRoot };
  return {};
}

export function initSockets(p: ProgramContext): Unit {
  p.halves.sockets = { hub: p.hub };
  return {};
}
