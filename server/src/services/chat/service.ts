import { topics } from '../../ports/bus.ts';
import type { Service } from '../../ports/service.ts';
import { countConnections } from './append/count-connections.ts';
import { chatGroups } from './groups.ts';
import type { ChatParts } from './init.ts';
import type { WholeChatApi } from './trusted-api.ts';

export const chat = {
  name: 'chat',
  description: 'conversations, messages, receipts, search',
  database: {
    connections: (options: { readonly 'commit-lanes': number }) => countConnections(options['commit-lanes']),
  },
  topics: [topics.chat, topics.ingest, topics.replies],
  groups: Object.values(chatGroups),
  after: ['people'],
  opens: ['bus'],
  needs: ['database'],
  vital: true,
  hears: ['resetStream'],
  instances: 2,
  rpc: { chat: async () => (await import('./rpc.ts')).chatRpc },
  init: async (p: ChatParts) => (await import('./init.ts')).initChat(p),
} as const satisfies Service<{ chat: WholeChatApi }>;
