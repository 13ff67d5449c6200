import { expect, test } from 'vitest';
import { createPostgres } from '../adapters/sql/postgres/create-postgres.ts';
import { createContext } from '../kernel/context.ts';
import { type AccountId, createId } from '../kernel/ids.ts';
import { silentLog } from '../kernel/log.ts';
import type { PeopleApi } from '../services/people/api.ts';
import { createServices, type Remote, type ServiceApis } from './services.ts';

const ctx = createContext(null, 'test');

/** A remote whose answers say which way they came. */
const remote: Remote = {
  connect: (name) => named(`some ${name}`),
  at: (name, instance) => named(`${name} ${instance}`),
};

function named<K extends keyof ServiceApis>(text: string): ServiceApis[K] {
  return { getProfiles: async () => [{ name: text }] } as never;
}

const ask = async (people: unknown) => (await (people as PeopleApi).getProfiles(ctx, [createId<AccountId>()]))[0]?.name;

test('a service of this process is called here, whenever it was provided; another one over the wire', async () => {
  const services = createServices({ log: silentLog, processId: 'me', remote });
  const people = services.connect('people');
  expect(await ask(people)).toBe('some people');
  services.provide('people', named<'people'>('here'));
  expect(await ask(people)).toBe('here');
});

test('an instance by its id: ourselves here, another one there', async () => {
  const services = createServices({ log: silentLog, processId: 'me', remote });
  services.provide('people', named<'people'>('here'));
  expect(await ask(services.at('people', 'me'))).toBe('here');
  expect(await ask(services.at('people', 'other'))).toBe('people other');
});

test('alone, what is not here is nowhere', () => {
  const services = createServices({ log: silentLog, processId: 'me', remote: null });
  expect(() => services.connect('people').getProfiles(ctx, [])).toThrow('does not run in this process');
  expect(() => services.at('people', 'other')).toThrow('there is only this process');
});

test('a call whose database is away reads service.unavailable, not internal', async () => {
  // port 1: nothing listens there
  const sql = createPostgres({ url: 'postgres://nobody@127.0.0.1:1/none' });
  const services = createServices({ log: silentLog, processId: 'me', remote: null });
  const getProfiles = async () => await sql.query<never>('select 1');
  services.provide('people', { getProfiles } as unknown as PeopleApi);
  const call = services.connect('people').getProfiles(ctx, [createId<AccountId>()]);
  await expect(call).rejects.toMatchObject({ code: 'service.unavailable', retryAfterMs: 1_000 });
  await sql.close();
});
