import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../test-support/database.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../../test-support/identity.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, type AttachmentId, createId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { type AccountRow, accountColumns } from '../../model/identity-rows.ts';
import { type BusRecord, topics } from '../../ports/bus.ts';
import type { ChatApi } from '../chat/api.ts';
import type { PeopleApi } from './api.ts';
import { createPeople } from './module.ts';
import { rebuildPeopleSearch } from './rebuild-search.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let identity: TestIdentity;
let people: { api: PeopleApi; unit: Unit };
let api: PeopleApi;
let lsn = 0;
const ctx = anonymous();
const unknown = { code: 'account.unknown' };

beforeAll(async () => {
  database = await openTestDatabase(['identity', 'people']);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql.query(
    'truncate identity.accounts, people.profiles, people.search, people.blocks, people.contacts',
  );
  identity = await startTestIdentity(database.sql);
  people = startPeople();
  api = people.api;
  await people.unit.start?.();
  return async () => {
    await people.unit.stop?.();
    await identity.stop();
  };
});

/** Of the attachments that chat shows. */
const owners = new Map<AttachmentId, AccountId>();

function startPeople() {
  const chat: Pick<ChatApi, 'getAttachment'> = {
    getAttachment: async (_ctx, id) => {
      const owner = owners.get(id);
      if (!owner) throw fail('attachment.unknown');
      return { id, owner, name: 'a.png', size: 1, mediaType: 'image/png', createdAt: '' };
    },
  };

  return createPeople({
    sql: database.sql,
    bus: identity.bus,
    identity: identity.api,
    chat,
    metrics: noMetrics,
    clock: systemClock,
  });
}

async function signUp(username: string, name?: string): Promise<{ id: AccountId; ctx: Context }> {
  const signedIn = await identity.api.signUp(ctx, { username, name, password: undefined }, {});
  return { id: signedIn.account.id, ctx: await contextOf(identity, signedIn) };
}

function record(table: string, key: string, after: object, at = ++lsn): BusRecord {
  const topic = table === 'accounts' ? topics.identity : topics.people;
  const source = {
    db: 'x',
    schema: '',
    table,
    lsn: String(at),
    ordinal: 0,
    incarnation: '1',
    ts_ms: 0,
    snapshot: false,
  };
  return { topic, key, value: { before: null, after, source, op: 'u', ts_ms: 0 } };
}

/** What the relay would send of the accounts as they are now. */
async function accountRecords(): Promise<BusRecord[]> {
  const rows = await database.sql.query<AccountRow>(`select ${accountColumns} from identity.accounts order by id`);
  return rows.map((row) => record('accounts', row.id, row));
}

async function catchUp(): Promise<void> {
  const records = await accountRecords();
  if (records.length > 0) await identity.bus.publish(records);
}

const countProfiles = async () =>
  (await database.sql.query<{ n: number }>('select count(*) as n from people.profiles'))[0]?.n;

describe('profiles', () => {
  test('are there at once, and the same when the change has arrived', async () => {
    const ada = await signUp('ada', 'Ada Lovelace');
    const profile = {
      id: ada.id,
      username: 'ada',
      name: 'Ada Lovelace',
      about: null,
      avatar: null,
      version: 0,
      deleted: false,
    };
    expect(await api.getProfiles(ctx, [ada.id])).toEqual([profile]);
    expect(await api.resolveUsernames(ctx, ['ADA', 'nobody', "x' or 1=1"])).toEqual(new Map([['ADA', ada.id]]));
    expect(await countProfiles()).toBe(0);
    await catchUp();
    expect(await countProfiles()).toBe(1);
    expect(await api.getProfiles(ctx, [ada.id])).toEqual([{ ...profile, version: 1 }]);
    expect(await api.resolveUsernames(ctx, ['ADA'])).toEqual(new Map([['ADA', ada.id]]));
  });

  test('come in the order asked, unknown ones left out', async () => {
    const [ann, ben] = [await signUp('ann'), await signUp('ben')];
    await catchUp();
    const ids = [ben.id, createId<AccountId>(), ann.id, 'no id' as AccountId, ben.id];
    for (let i = 0; i < 2; i++) {
      expect((await api.getProfiles(ctx, ids)).map((profile) => profile.username)).toEqual(['ben', 'ann', 'ben']);
    }
  });

  test('belong to their owner from the first change on', async () => {
    const ada = await signUp('ada');
    expect(await api.getOwn(ada.ctx)).toMatchObject({ name: 'ada', settings: '{}' });
    const settings = '{ "theme": "dark" }';
    const changed = await api.updateOwn(ada.ctx, { name: ' Ada ', about: 'Engines', settings });
    expect(changed).toMatchObject({ id: ada.id, name: 'Ada', about: 'Engines', avatar: null, settings });
    await catchUp();
    expect(await api.getOwn(ada.ctx)).toEqual(changed);
    expect(await api.updateOwn(ada.ctx, { about: null })).toMatchObject({ name: 'Ada', about: null, settings });
    await expect(api.updateOwn(ada.ctx, { name: 'nul\0' })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(api.getOwn(ctx)).rejects.toMatchObject({ code: 'token.missing' });
  });

  test('have a version that rises with what others see, and with nothing else', async () => {
    const ada = await signUp('ada');
    const version = async (change: Parameters<PeopleApi['updateOwn']>[1]) =>
      (await api.updateOwn(ada.ctx, change)).version;
    expect((await api.getProfiles(ctx, [ada.id]))[0]?.version).toBe(0);
    expect(await version({ settings: '{}' })).toBe(1);
    expect(await version({ name: 'Ada' })).toBe(2);
    expect(await version({ settings: '{"a":1}' })).toBe(2);
    expect(await version({ about: null })).toBe(3);
    expect(await version({ avatar: 'https://example.org/ada.png', settings: '{}' })).toBe(4);
    expect((await api.getProfiles(ctx, [ada.id]))[0]).toMatchObject({ version: 4, deleted: false });
  });

  test('that changed are not served from memory, here or in another process', async () => {
    const ada = await signUp('ada');
    await catchUp();
    const other = startPeople();
    await other.unit.start?.();
    const nameAt = async (place: PeopleApi, fresh?: boolean) =>
      (await place.getProfiles(ctx, [ada.id], fresh))[0]?.name;
    expect([await nameAt(api), await nameAt(other.api)]).toEqual(['ada', 'ada']);
    await api.updateOwn(ada.ctx, { name: 'Ada' });
    expect(await nameAt(api)).toBe('Ada');
    // Whoever was told of the change already asks past the memory of a process that was not.
    expect([await nameAt(other.api), await nameAt(other.api, true)]).toEqual(['ada', 'Ada']);
    await identity.bus.publish([record('profiles', ada.id, { id: ada.id })]);
    expect(await nameAt(other.api)).toBe('Ada');
    await other.unit.stop?.();
  });

  test('of deleted accounts are erased', async () => {
    const [ada, ben] = [await signUp('ada', 'Ada Lovelace'), await signUp('ben')];
    await api.updateOwn(ada.ctx, { about: 'Engines', settings: '{"a":1}' });
    await api.setContact(ben.ctx, ada.id, true);
    await database.sql.query(`update identity.accounts set deleted_at = now(), name = '' where id = $1`, [ada.id]);
    await catchUp();
    await identity.bus.publish([record('profiles', ada.id, { id: ada.id })]);
    const [profile] = await api.getProfiles(ctx, [ada.id]);
    expect(profile).toMatchObject({
      id: ada.id,
      name: 'Deleted account',
      about: null,
      avatar: null,
      version: 3,
      deleted: true,
    });
    expect(profile?.username).toMatch(/^deleted-[0-9a-f]{12}$/);
    expect(await api.resolveUsernames(ctx, ['ada', profile?.username ?? ''])).toEqual(new Map());
    expect(await api.listContacts(ben.ctx)).toEqual([]);
    expect((await api.search(ben.ctx, { query: 'ada', limit: 10 })).items).toEqual([]);
    await expect(api.getOwn(ada.ctx)).rejects.toMatchObject(unknown);
    await expect(api.setContact(ben.ctx, ada.id, true)).rejects.toMatchObject(unknown);
    const rest = await database.sql.query('select 1 from people.settings where id = $1', [ada.id]);
    expect(rest).toEqual([]);
  });
});

describe('the directory', () => {
  test('applies every change once, in order, over replays and restarts', async () => {
    const ada = await signUp('ada');
    const [created] = await accountRecords();
    await database.sql.query('update identity.accounts set deleted_at = now() where id = $1', [ada.id]);
    const [deleted] = await accountRecords();
    if (!created || !deleted) throw new Error('no records');
    await identity.bus.publish([created, deleted]);
    await database.sql.query('delete from people.profiles');
    // Not newer than the stored position: no effect, also in a process that has just started.
    await people.unit.stop?.();
    people = startPeople();
    await people.unit.start?.();
    await identity.bus.publish([created]);
    expect(await countProfiles()).toBe(0);
  });

  test('starts anew with another history of the database', async () => {
    await signUp('ada');
    const [created] = await accountRecords();
    if (!created) throw new Error('no record');
    await identity.bus.publish([created]);
    await database.sql.query('delete from people.profiles');
    const { value } = created;
    const source = { ...value.source, incarnation: '2', lsn: '1' };
    await identity.bus.publish([{ ...created, value: { ...value, source } }]);
    expect(await countProfiles()).toBe(1);
  });

  test('is not stopped by a name that looks like an erased one', async () => {
    const ada = await signUp('ada');
    await signUp(`deleted-${ada.id.slice(-12)}`);
    await catchUp();
    await database.sql.query('update identity.accounts set deleted_at = now() where id = $1', [ada.id]);
    await catchUp();
    expect((await api.getProfiles(ctx, [ada.id]))[0]?.name).toBe('Deleted account');
  });
});

describe('search', () => {
  test('compares names as texts are compared; what was indexed by other rules is after a rebuild', async () => {
    const asker = await signUp('asker');
    const names = { wang: '王小明', conan: 'Conan O’Brien', lodz: 'Łukasz Straßer', gone: '王大明' };
    for (const [username, name] of Object.entries(names)) await signUp(username, name);
    await catchUp();
    const find = async (query: string) =>
      (await api.search(asker.ctx, { query, limit: 10 })).items.map((profile) => profile.username);
    const all = async () => [
      await find('小明'),
      await find('obrien'),
      await find('brien'),
      await find('lukasz strasser'),
    ];
    const expected = [['wang'], ['conan'], ['conan'], ['lodz']];
    expect(await all()).toEqual(expected);
    await database.sql.query(`update people.search set terms = array_to_tsvector(array[username])`);
    expect(await find('小明')).toEqual([]);
    await database.sql.query(`update people.profiles set deleted = true where username = 'gone'`);
    expect(await rebuildPeopleSearch(database.sql, () => undefined)).toBe(4);
    expect(await all()).toEqual(expected);
  });

  test('finds beginnings of usernames and of words of names', async () => {
    const asker = await signUp('asker');
    await signUp('j.mueller', 'Jörg Müller');
    await signUp('zoe', 'Zoë Jordan');
    await catchUp();
    const find = async (query: string) =>
      (await api.search(asker.ctx, { query, limit: 10 })).items.map((profile) => profile.username);
    expect(await find('jor')).toEqual(['j.mueller', 'zoe']);
    expect(await find('J.MU')).toEqual(['j.mueller']);
    expect(await find('müll jö')).toEqual(['j.mueller']);
    expect(await find('@zoe')).toEqual(['zoe']);
    expect(await find('ordan')).toEqual([]);
    for (const query of ['', "'", "' | '", '!', '\\', ':*', '%', '你好']) expect(await find(query)).toEqual([]);
    await expect(find('nul\0')).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(find('x'.repeat(201))).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('finds a changed name and not the one before', async () => {
    const ada = await signUp('ada', 'Byron');
    await catchUp();
    await api.updateOwn(ada.ctx, { name: 'Lovelace' });
    const count = async (query: string) => (await api.search(ada.ctx, { query, limit: 10 })).items.length;
    expect([await count('love'), await count('byr')]).toEqual([1, 0]);
  });

  test('pages through all, each once', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `page.${String(i).padStart(2, '0')}`);
    const asker = await signUp('asker');
    for (const name of names) await signUp(name);
    await catchUp();
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await api.search(asker.ctx, { query: 'page', limit: 10, after });
      found.push(...page.items.map((profile) => profile.username));
      after = page.next ?? undefined;
    } while (after);
    expect(found).toEqual(names);
    const search = (limit: number, cursor?: string) => api.search(asker.ctx, { query: 'page', limit, after: cursor });
    for (const limit of [0, 201, 1.5, Number.NaN]) {
      await expect(search(limit)).rejects.toMatchObject({ code: 'request.invalid' });
    }
    for (const cursor of ['', '!', 'AAAA'])
      await expect(search(1, cursor)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('leaves out who blocks and who is blocked', async () => {
    const [ann, ben] = [await signUp('same.ann'), await signUp('same.ben')];
    await catchUp();
    const seen = async (by: Context) =>
      (await api.search(by, { query: 'same', limit: 10 })).items.map((profile) => profile.username);
    await api.setBlock(ann.ctx, ben.id, true);
    expect([await seen(ann.ctx), await seen(ben.ctx)]).toEqual([['same.ann'], ['same.ben']]);
    await api.setBlock(ann.ctx, ben.id, false);
    expect(await seen(ben.ctx)).toEqual(['same.ann', 'same.ben']);
  });
});

describe.each(['contacts', 'blocks'] as const)('%s', (kind) => {
  const set = (by: Context, user: AccountId, on: boolean) =>
    kind === 'contacts' ? api.setContact(by, user, on) : api.setBlock(by, user, on);
  const list = async (by: Context) =>
    (kind === 'contacts' ? await api.listContacts(by) : await api.listBlocks(by)).map((profile) => profile.username);

  test('are set and lifted, repeats change nothing, and they are of their owner', async () => {
    const [ann, ben, zoe] = [await signUp('ann'), await signUp('ben'), await signUp('zoe')];
    for (const user of [zoe.id, ben.id, ben.id]) await set(ann.ctx, user, true);
    expect(await list(ann.ctx)).toEqual(['ben', 'zoe']);
    expect(await list(ben.ctx)).toEqual([]);
    for (let i = 0; i < 2; i++) await set(ann.ctx, ben.id, false);
    expect(await list(ann.ctx)).toEqual(['zoe']);
    await set(ann.ctx, ben.id, true);
    expect(await list(ann.ctx)).toEqual(['ben', 'zoe']);
  });

  test('name somebody else who exists', async () => {
    const ann = await signUp('ann');
    for (const id of [createId<AccountId>(), 'no id' as AccountId]) {
      await expect(set(ann.ctx, id, true)).rejects.toMatchObject(unknown);
      await set(ann.ctx, id, false);
    }
    await expect(set(ann.ctx, ann.id, true)).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(set(ctx, ann.id, true)).rejects.toMatchObject({ code: 'token.missing' });
  });
});

test('a lifted block stays as a row for those who follow the changes', async () => {
  const [ann, ben] = [await signUp('ann'), await signUp('ben')];
  await api.setBlock(ann.ctx, ben.id, true);
  await api.setBlock(ann.ctx, ben.id, false);
  expect(await database.sql.query('select * from people.blocks')).toEqual([
    { owner_id: ann.id, blocked_id: ben.id, active: false },
  ]);
});

test('a picture is an attachment of one’s own, or a URL', async () => {
  const [ada, bob] = [await signUp('ada'), await signUp('bob')];
  const [own, foreign, none] = [createId<AttachmentId>(), createId<AttachmentId>(), createId<AttachmentId>()];
  owners.set(own, ada.id).set(foreign, bob.id);
  expect(await api.updateOwn(ada.ctx, { avatar: own })).toMatchObject({ avatar: own });
  for (const wrong of [foreign, none]) {
    await expect(api.updateOwn(ada.ctx, { avatar: wrong })).rejects.toMatchObject({ code: 'attachment.unknown' });
  }
  owners.delete(own);
  // What it is already is not asked about.
  expect(await api.updateOwn(ada.ctx, { avatar: own, name: 'Ada' })).toMatchObject({ avatar: own });
  expect(await api.updateOwn(ada.ctx, { avatar: 'https://h/a.png' })).toMatchObject({ avatar: 'https://h/a.png' });
});
