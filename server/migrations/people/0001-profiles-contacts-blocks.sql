-- The schema of the people service: a projection of identity's accounts that its owners then edit, and who knows whom.

create table people.profiles (
  id       uuid primary key,
  username text not null,
  name     text not null,
  about    text,
  avatar   text,
  deleted  boolean not null default false
);
-- Not unique: identity sees to that, and a projection that can fail on its input would stop for ever
create index profiles_username on people.profiles (username) where not deleted;

-- Not published: only its owner reads it
create table people.settings (
  id       uuid primary key,
  settings text not null
);

-- Folded username and words of the name; its own table, so that the published rows stay small
create table people.search (
  id       uuid primary key,
  username text not null,
  terms    tsvector not null
);
create index search_terms on people.search using gin (terms);

create table people.contacts (
  owner_id   uuid not null,
  contact_id uuid not null,
  created_at timestamptz(3) not null default now(),
  primary key (owner_id, contact_id)
);

-- A lifted block stays with active = false (MESSAGE-PATH rule 12)
create table people.blocks (
  owner_id   uuid not null,
  blocked_id uuid not null,
  active     boolean not null,
  primary key (owner_id, blocked_id)
);
create index blocks_against on people.blocks (blocked_id, owner_id) where active;

-- How far each consumer has come, stored with its effects (rule 13)
create table people.consumer_positions (
  consumer    text primary key,
  incarnation text not null,
  lsn         numeric not null,
  ordinal     integer not null
);

alter table people.profiles replica identity full;
alter table people.blocks replica identity full;

create publication parley_people for table people.profiles, people.blocks;
