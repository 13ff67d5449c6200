import type { Unit } from '../../kernel/lifecycle.ts';
import { createPeople } from '../../services/people/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initPeople(p: ProgramContext): Unit {
  const { api, unit } = createPeople({
    ...shared(p, 'people'),
    sql: p.sql.people,
    identity: p.services.connect('identity'),
  });
  p.services.provide('people', api);
  return unit;
}
