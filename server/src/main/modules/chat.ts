import { joinUnits, type Unit } from '../../kernel/lifecycle.ts';
import { createCommitter } from '../../services/chat/append/committer.ts';
import { createIngestConsumer } from '../../services/chat/ingest/create-ingest-consumer.ts';
import { createChat } from '../../services/chat/module.ts';
import { reloadIncarnation } from '../foundation/reload-incarnation.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initChat(p: ProgramContext): Unit {
  const deps = { ...shared(p, 'chat'), sql: p.sql.chat, storage: p.storage };
  const { api, unit } = createChat({
    ...deps,
    committer: createCommitter({ ...deps, behind: () => p.behind(), config: { lanes: p.options['commit-lanes'] } }),
    people: p.services.connect('people'),
    router: p.services.connect('router'),
    incarnation: () => p.incarnation,
  });
  p.process.onStreamReset(() => reloadIncarnation(p));
  p.services.provide('chat', api);
  if (p.options.ingest === 'direct') return unit;
  const { append } = p.services.connect('chat');
  const consumers = p.options['ingest-consumers'];
  return joinUnits([unit, createIngestConsumer({ ...shared(p, 'ingest'), append, consumers })]);
}
