import { topics } from '../../ports/bus.ts';
import type { Service } from '../../ports/service.ts';
import type { PeopleApi } from './api.ts';
import { peopleGroups } from './groups.ts';
import type { PeopleParts } from './init.ts';

export const people = {
  name: 'people',
  description: 'profiles, contacts, blocks',
  database: { connections: () => 6 },
  topics: [topics.people],
  groups: Object.values(peopleGroups),
  after: ['identity'],
  opens: ['bus'],
  needs: ['database'],
  instances: 1,
  rpc: { people: async () => (await import('./rpc.ts')).peopleRpc },
  init: async (p: PeopleParts) => (await import('./init.ts')).initPeople(p),
} as const satisfies Service<{ people: PeopleApi }>;
