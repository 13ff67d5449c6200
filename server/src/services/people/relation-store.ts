import type { AccountId } from '../../kernel/ids.ts';
import { type ProfileRow, profileColumns } from '../../model/people-rows.ts';
import type { Block } from './api.ts';
import type { Queryable } from './store.ts';

/** Contacts and blocks are lists that somebody keeps by hand. */
export const mostRelations = 10_000;

const columns = profileColumns
  .split(', ')
  .map((column) => `p.${column}`)
  .join(', ');

export async function readContacts(db: Queryable, owner: AccountId): Promise<ProfileRow[]> {
  return db.query<ProfileRow>(
    `select ${columns} from people.contacts c join people.profiles p on p.id = c.contact_id
     where c.owner_id = $1 and not p.deleted order by p.username collate "C"`,
    [owner],
  );
}

/** False: the list is full. */
export async function insertContact(db: Queryable, owner: AccountId, contact: AccountId): Promise<boolean> {
  const [row] = await db.query<{ full: boolean }>(
    `with had as (select count(*) as n from people.contacts where owner_id = $1), added as (
       insert into people.contacts (owner_id, contact_id) select $1, $2 from had where n < $3 on conflict do nothing)
     select n >= $3 as full from had`,
    [owner, contact, mostRelations],
  );
  return row?.full !== true;
}

export async function deleteContact(db: Queryable, owner: AccountId, contact: AccountId): Promise<void> {
  await db.query('delete from people.contacts where owner_id = $1 and contact_id = $2', [owner, contact]);
}

export async function readBlocked(db: Queryable, owner: AccountId): Promise<ProfileRow[]> {
  return db.query<ProfileRow>(
    `select ${columns} from people.blocks b join people.profiles p on p.id = b.blocked_id
     where b.owner_id = $1 and b.active order by p.username collate "C"`,
    [owner],
  );
}

export async function readBlocksAgainst(db: Queryable, users: readonly AccountId[]): Promise<Block[]> {
  return db.query<Block>(
    `select b.owner_id as owner, b.blocked_id as blocked from unnest($1::uuid[]) d(id)
     cross join lateral (select owner_id, blocked_id from people.blocks where blocked_id = d.id and active offset 0) b`,
    [users],
    'people-blocks-against',
  );
}

/** False: the list is full. */
export async function insertBlock(db: Queryable, owner: AccountId, blocked: AccountId): Promise<boolean> {
  const [row] = await db.query<{ full: boolean }>(
    `with had as (select count(*) as n from people.blocks where owner_id = $1 and active), added as (
       insert into people.blocks as b (owner_id, blocked_id, active) select $1, $2, true from had where n < $3
       on conflict (owner_id, blocked_id) do update set active = true where not b.active)
     select n >= $3 as full from had`,
    [owner, blocked, mostRelations],
  );
  return row?.full !== true;
}

export async function endBlock(db: Queryable, owner: AccountId, blocked: AccountId): Promise<void> {
  await db.query('update people.blocks set active = false where owner_id = $1 and blocked_id = $2 and active', [
    owner,
    blocked,
  ]);
}
