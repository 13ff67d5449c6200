import type { Unit } from '../../kernel/lifecycle.ts';
import type { PresenceApi } from '../../services/realtime/api.ts';
import { createPresenceReader } from '../../services/realtime/presence-reader.ts';
import type { ProgramContext } from '../program-context.ts';
import { createHttp } from './listener.ts';

export function initHttp(p: ProgramContext): Unit {
  p.http = createHttp(p, p.options.port);
  return {};
}

export function initRest(p: ProgramContext): Unit {
  const { webRoot, status, blobs: attachments } = p;
  p.halves.http = { presence: readPresence(p), attachments, status, webRoot };
  return {};
}

export function initSockets(p: ProgramContext): Unit {
  p.halves.sockets = { hub: p.hub, presence: readPresence(p), status: p.status };
  return {};
}

function readPresence({ registry, clock, log }: ProgramContext): PresenceApi {
  return createPresenceReader({ registry, clock, log: log.child({ service: 'presence' }) });
}
