import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../test-support/identity.ts';
import { expectAlike, openTransports, type Transports } from '../../../test-support/open-transports.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, createId } from '../../kernel/ids.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { PeopleApi } from './api.ts';
import { createPeople } from './module.ts';
import { peopleRpc } from './rpc.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let api: PeopleApi;
let transports: Transports<PeopleApi>;
const anybody = anonymous();
const noChat = {
  getAttachment: async () => {
    throw fail('attachment.unknown');
  },
};

beforeAll(async () => {
  database = await openTestDatabase(['identity', 'people']);
  identity = await startTestIdentity(database.sql);
  const people = createPeople({
    sql: database.sql,
    bus: identity.bus,
    identity: identity.api,
    chat: noChat,
    metrics: noMetrics,
    clock: systemClock,
  });
  await people.unit.start?.();
  api = people.api;
  transports = await openTransports(peopleRpc, api);
  return async () => {
    await transports.close();
    await people.unit.stop?.();
    await identity.stop();
  };
});
afterAll(() => database.close());

async function signUp(username: string): Promise<{ id: AccountId; ctx: Context }> {
  const signedIn = await identity.api.signUp(anybody, { username }, {});
  return { id: signedIn.account.id, ctx: await contextOf(identity, signedIn) };
}

test('every method of the running service is carried', () => {
  expect(Object.keys(peopleRpc.methods).sort()).toEqual(Object.keys(api).sort());
});

describe.each(['local', 'grpc'] as const)('people, %s', (transport) => {
  test('a change keeps what it leaves out and takes away what it sets to null', async () => {
    const people = transports[transport];
    const { id, ctx } = await signUp(`ann.${transport}`);
    const settings = '{ "theme":"dark",\t"ünits" : [1e2] }';
    const all = await people.updateOwn(ctx, { name: 'Ann 👍🏽', about: 'x', avatar: 'https://x.org/a.png', settings });
    expect(all).toEqual({
      id,
      username: `ann.${transport}`,
      name: 'Ann 👍🏽',
      about: 'x',
      avatar: 'https://x.org/a.png',
      settings,
      version: 2,
      deleted: false,
    });
    const cleared = { ...all, about: null, version: 3 };
    expect(await people.updateOwn(ctx, { about: null })).toEqual(cleared);
    expect(await people.updateOwn(ctx, {})).toEqual(cleared);
    expect(await people.getOwn(ctx)).toEqual(cleared);
    expect(await people.getProfiles(ctx, [id], true)).toMatchObject([{ id, about: null, version: 3 }]);
  });

  test('lists, finds and resolves', async () => {
    const people = transports[transport];
    const ben = await signUp(`ben.${transport}`);
    const eve = await signUp(`eve.${transport}`);
    await people.setContact(ben.ctx, eve.id, true);
    await people.setBlock(eve.ctx, ben.id, true);
    expect((await people.listContacts(ben.ctx)).map((profile) => profile.id)).toEqual([eve.id]);
    expect((await people.listBlocks(eve.ctx)).map((profile) => profile.id)).toEqual([ben.id]);
    const profiles = await people.getProfiles(anybody, [eve.id, createId<AccountId>(), ben.id]);
    expect(profiles.map((profile) => profile.id)).toEqual([eve.id, ben.id]);
    expect(await people.resolveUsernames(anybody, [`BEN.${transport}`, '__proto__'])).toEqual(
      new Map([[`BEN.${transport}`, ben.id]]),
    );
    expect(await people.search(ben.ctx, { query: 'nobody.at.all', limit: 5 })).toEqual({ items: [], next: null });
  });
});

test.each<[string, (api: PeopleApi, ctx: Context) => Promise<unknown>]>([
  ['no principal', (people) => people.getOwn(anybody)],
  ['an unknown account', (people, ctx) => people.setContact(ctx, createId<AccountId>(), true)],
  ['an id that is none', (people, ctx) => people.setBlock(ctx, 'x' as AccountId, true)],
  ['settings that are no object', (people, ctx) => people.updateOwn(ctx, { settings: '[]' })],
  ['a limit that is none', (people, ctx) => people.search(ctx, { query: 'x', limit: -1 })],
])('%s fails alike in process and over gRPC', async (reason, call) => {
  const { ctx } = await signUp(`of.${reason.replaceAll(' ', '-').slice(0, 20)}`);
  await expectAlike(transports, (people) => call(people, ctx));
});
