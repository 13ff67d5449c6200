import { partsFor } from '../../ports/service.ts';
import { openQueuedAppend } from '../foundation/open-queued-append.ts';
import type { ProgramContext, Provides } from '../program-context.ts';
import { override } from './override.ts';

/** How the protocols of this process send: to chat itself, or by way of the queue of drafts (rule 25). */
export function initSending(p: ProgramContext): Provides<'sending'> {
  const chat = p.services.connect('chat');
  if (p.options.ingest === 'direct') return { provides: { chat } };
  const { append, unit } = openQueuedAppend(p.options, partsFor(p, 'sending'));
  return { unit, provides: { chat: override(chat, { append }) } };
}
