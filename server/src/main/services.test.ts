import { expect, test } from 'vitest';
import { createPostgres } from '../adapters/sql/postgres/create-postgres.ts';
import { createContext } from '../kernel/context.ts';
import { type AccountId, createId } from '../kernel/ids.ts';
import { silentLog } from '../kernel/log.ts';
import type { PeopleApi } from '../services/people/api.ts';
import { createServices } from './services.ts';

test('a call whose database is away reads service.unavailable, not internal', async () => {
  // port 1: nothing listens there
  const sql = createPostgres({ url: 'postgres://nobody@127.0.0.1:1/none' });
  const services = createServices(silentLog);
  const getProfiles = async () => await sql.query<never>('select 1');
  services.provide('people', { getProfiles } as unknown as PeopleApi);
  const call = services.connect('people').getProfiles(createContext(null, 'test'), [createId<AccountId>()]);
  await expect(call).rejects.toMatchObject({ code: 'service.unavailable', retryAfterMs: 1_000 });
  await sql.close();
});
