import type { Unit } from '../../kernel/lifecycle.ts';
import { openQueuedAppend } from '../foundation/open-queued-append.ts';
import type { ProgramContext } from '../program-context.ts';
import { override, shared } from './shared.ts';

/** How the protocols of this process send: to chat itself, or by way of the queue of drafts (rule 25). */
export function initSending(p: ProgramContext): Unit {
  const chat = p.services.connect('chat');
  p.chat = chat;
  if (p.options.ingest === 'direct') return {};
  const { append, unit } = openQueuedAppend(p.options, shared(p, 'sending'));
  p.chat = override(chat, { append });
  return unit;
}
