import { type GroupTopology, topics } from '../../ports/bus.ts';

/** Every group of this service and what it reads. */
export const routerGroups = {
  router: { group: 'router', topics: [topics.chat, topics.identity] },
} as const satisfies Readonly<Record<string, GroupTopology>>;
