import { type GroupTopology, topics } from '../../ports/bus.ts';

/** Every group of this service and what it reads. */
export const chatGroups = {
  search: { group: 'search', topics: [topics.chat] },
  blocks: { group: 'chat-blocks', topics: [topics.people] },
  accounts: { group: 'chat-accounts', topics: [topics.identity] },
  ingest: { group: 'ingest', topics: [topics.ingest] },
} as const satisfies Readonly<Record<string, GroupTopology>>;
