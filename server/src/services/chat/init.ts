import { joinUnits } from '../../kernel/lifecycle.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { Sql } from '../../ports/sql.ts';
import type { StorageGuard } from '../../ports/storage-guard.ts';
import type { PeopleApi } from '../people/api.ts';
import type { ProcessEvents } from '../process/api.ts';
import type { RouterApi } from '../router/api.ts';
import type { SendMessages } from './api.ts';
import { createCommitter } from './append/committer.ts';
import { followIncarnation } from './follow-incarnation.ts';
import { createIngestConsumer } from './ingest/create-ingest-consumer.ts';
import { createChat } from './module.ts';
import type { WholeChatApi } from './trusted-api.ts';

/** What of the program it is wired to. */
export interface ChatParts extends ServiceParts {
  readonly sql: { readonly chat: Sql };
  readonly storage: StorageGuard;
  /** Whether the consumers of the change stream keep up, as far as this process knows. */
  readonly pressure: { behind(): boolean };
  readonly process: ProcessEvents;
  readonly services: {
    connect(name: 'people'): PeopleApi;
    connect(name: 'router'): RouterApi;
    connect(name: 'chat'): SendMessages;
  };
  readonly options: {
    readonly 'commit-lanes': number;
    readonly 'attachment-quota-mb': number;
    readonly ingest: 'direct' | 'queue';
    readonly 'ingest-consumers': number;
  };
}

export function initChat(p: ChatParts): WiredService<{ chat: WholeChatApi }> {
  const deps = { ...partsFor(p, 'chat'), sql: p.sql.chat, storage: p.storage };
  const incarnation = followIncarnation(deps);
  const { api, unit } = createChat({
    ...deps,
    committer: createCommitter({ ...deps, behind: p.pressure.behind, config: { lanes: p.options['commit-lanes'] } }),
    people: p.services.connect('people'),
    router: p.services.connect('router'),
    incarnation: incarnation.current,
    config: { attachmentQuotaBytes: p.options['attachment-quota-mb'] * 1024 * 1024 },
  });
  p.process.onStreamReset(incarnation.reload);
  const units = [incarnation.unit, unit];
  if (p.options.ingest === 'queue') {
    const { append } = p.services.connect('chat');
    const consumers = p.options['ingest-consumers'];
    units.push(createIngestConsumer({ ...partsFor(p, 'ingest'), append, consumers }));
  }
  return { unit: joinUnits(units), apis: { chat: api } };
}
