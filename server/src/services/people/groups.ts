import { type GroupTopology, topics } from '../../ports/bus.ts';

/** Every group of this service and what it reads. */
export const peopleGroups = {
  directory: { group: 'people-directory', topics: [topics.identity] },
} as const satisfies Readonly<Record<string, GroupTopology>>;
