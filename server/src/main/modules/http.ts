import { requirePrincipal, systemContext } from '../../kernel/context.ts';
import type { SocketHalf } from '../../protocols/shared/halves.ts';
import { createPresenceReader } from '../../services/realtime/presence/presence-reader.ts';
import type { ProgramContext, Provided, Provides } from '../program-context.ts';
import { createAttachmentCollector } from './attachment-collector.ts';
import { createHttp } from './listener.ts';

export function initHttp(p: ProgramContext): Provides<'http'> {
  const { registry, clock, log } = p;
  const presence = createPresenceReader({
    registry,
    people: p.services.connect('people'),
    clock,
    log: log.child({ service: 'presence' }),
  });
  return { provides: { http: createHttp(p, p.options.port), presence } };
}

export function initRest(p: ProgramContext, { presence }: Provided['http']): Provides<'rest'> {
  const { webRoot, status, blobs: attachments } = p;
  const unit = createAttachmentCollector({
    chat: p.services.connect('chat'),
    blobs: attachments,
    clock: p.clock,
    log: p.log.child({ service: 'attachments' }),
    metrics: p.metrics,
  });
  return { unit, provides: { presence, attachments, status, webRoot } };
}

export function initSockets(
  { services, status }: ProgramContext,
  { presence }: Provided['http'],
  { hub }: Provided['hub'],
): Provides<'sockets'> {
  const chat = services.connect('chat');
  const sockets: SocketHalf = {
    hub,
    presence,
    status,
    notifyPreferencesOf: (users) => chat.notifyPreferencesOf(systemContext('notifications'), users),
    ownMemberships: (ctx) => chat.membershipsOf(ctx, [requirePrincipal(ctx).account]),
  };
  return { provides: sockets };
}
