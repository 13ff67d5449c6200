import type { AccountId } from '../../kernel/ids.ts';
import { type ProfileRow, profileColumns } from '../../model/people-rows.ts';
import type { SqlSession } from '../../ports/sql.ts';
import { createSearchTerms } from './search-terms.ts';

/** Outside or inside a transaction. */
export type Queryable = Pick<SqlSession, 'query'>;

export interface NewProfile {
  readonly id: AccountId;
  readonly username: string;
  readonly name: string;
}

export async function readProfiles(db: Queryable, ids: readonly AccountId[]): Promise<ProfileRow[]> {
  return db.query<ProfileRow>(
    `select ${profileColumns} from people.profiles where id = any($1::uuid[])`,
    [ids],
    'people-profiles',
  );
}

export async function readByUsername(db: Queryable, usernames: readonly string[]): Promise<ProfileRow[]> {
  return db.query<ProfileRow>(
    `select ${profileColumns} from people.profiles where username = any($1::text[]) and not deleted`,
    [usernames],
    'people-usernames',
  );
}

/** What a profile begins as; one that exists keeps what its owner has made of it. */
export async function insertProfiles(tx: Queryable, profiles: readonly NewProfile[]): Promise<void> {
  if (profiles.length === 0) return;
  // One statement: those of a projection are all issued before the first is answered.
  await tx.query(
    `with given as (
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) g(id, username, name, terms)
     ), created as (
       insert into people.profiles (id, username, name) select id, username, name from given
       on conflict (id) do nothing returning id
     )
     insert into people.search (id, username, terms)
     select id, username, array_to_tsvector(string_to_array(terms, ' ')) from given join created using (id)
     on conflict (id) do update set terms = excluded.terms`,
    [profiles.map((p) => p.id), profiles.map((p) => p.username), profiles.map((p) => p.name), profiles.map(termsOf)],
  );
}

/** A deleted account keeps nothing but its id; the username is no longer shown to anybody. */
export async function eraseProfiles(tx: Queryable, ids: readonly AccountId[]): Promise<void> {
  if (ids.length === 0) return;
  const profiles = tx.query(
    `insert into people.profiles as p (id, username, name, deleted)
     select id, 'deleted-' || right(id::text, 12), 'Deleted account', true from unnest($1::uuid[]) a(id)
     on conflict (id) do update set username = excluded.username, name = excluded.name, about = null, avatar = null,
       deleted = true, version = p.version + 1 where not p.deleted`,
    [ids],
  );
  const own = ['people.search', 'people.settings'].map((table) =>
    tx.query(`delete from ${table} where id = any($1::uuid[])`, [ids]),
  );
  const contacts = 'delete from people.contacts where owner_id = any($1::uuid[]) or contact_id = any($1::uuid[])';
  await Promise.all([profiles, ...own, tx.query(contacts, [ids])]);
}

const termsOf = ({ username, name }: NewProfile): string => createSearchTerms(username, name).join(' ');

export async function writeSearch(tx: Queryable, profiles: readonly NewProfile[]): Promise<void> {
  if (profiles.length === 0) return;
  await tx.query(
    `insert into people.search (id, username, terms)
     select id, username, array_to_tsvector(string_to_array(terms, ' '))
     from unnest($1::uuid[], $2::text[], $3::text[]) s(id, username, terms)
     on conflict (id) do update set terms = excluded.terms`,
    [profiles.map((p) => p.id), profiles.map((p) => p.username), profiles.map(termsOf)],
  );
}

export async function readSettings(db: Queryable, id: AccountId): Promise<string> {
  const [row] = await db.query<{ settings: string }>('select settings from people.settings where id = $1', [id]);
  return row?.settings ?? '{}';
}

/** Whose names or usernames match, by username, without those that block or are blocked by `asker`. */
export async function findProfiles(
  db: Queryable,
  search: { readonly asker: AccountId; readonly query: string; readonly after: string; readonly limit: number },
): Promise<ProfileRow[]> {
  return db.query<ProfileRow>(
    `select ${profileColumns
      .split(', ')
      .map((column) => `p.${column}`)
      .join(', ')}
     from people.search s join people.profiles p on p.id = s.id
     where s.terms @@ $2::tsquery and s.username > $3 collate "C" and not p.deleted and not exists (
       select 1 from people.blocks b where b.active
       and ((b.owner_id = $1 and b.blocked_id = p.id) or (b.owner_id = p.id and b.blocked_id = $1)))
     order by s.username collate "C" limit $4`,
    [search.asker, search.query, search.after, search.limit],
  );
}
