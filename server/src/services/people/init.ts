import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { Sql } from '../../ports/sql.ts';
import type { ChatApi } from '../chat/api.ts';
import type { IdentityApi } from '../identity/api.ts';
import type { PeopleApi } from './api.ts';
import { createPeople } from './module.ts';

/** What of the program it is wired to. */
export interface PeopleParts extends ServiceParts {
  readonly sql: { readonly people: Sql };
  readonly services: { connect(name: 'identity'): IdentityApi; connect(name: 'chat'): ChatApi };
}

export function initPeople(p: PeopleParts): WiredService<{ people: PeopleApi }> {
  const identity = p.services.connect('identity');
  const chat = p.services.connect('chat');
  const { api, unit } = createPeople({ ...partsFor(p, 'people'), sql: p.sql.people, identity, chat });
  return { unit, apis: { people: api } };
}
