-- The schema of the identity service. What consumers may know (accounts, sessions) is published; secrets, even hashed ones,
-- live in tables of their own that no publication names. Published rows are ended, not deleted
-- (MESSAGE-PATH rule 12); sessions go once nobody has used them for long.

create table identity.accounts (
  id             uuid primary key,
  kind           text not null default 'person' check (kind in ('person', 'bot')),
  -- lower case; kept after deletion, so that nobody can pass for somebody who has left
  username       text not null,
  name           text not null,
  email          text,
  email_verified boolean not null default false,
  admin          boolean not null default false,
  suspended      boolean not null default false,
  created_at     timestamptz(3) not null,
  deleted_at     timestamptz(3)
);
create unique index accounts_username on identity.accounts (username);
create unique index accounts_email on identity.accounts (lower(email)) where email is not null;

-- argon2id in PHC form; no row: nobody can sign in by password
create table identity.passwords (
  account_id uuid primary key,
  hash       text not null
);

create table identity.sessions (
  id             uuid primary key,
  account_id     uuid not null,
  created_at     timestamptz(3) not null,
  revoked_at     timestamptz(3),
  revoked_reason text check (revoked_reason in ('signed-out', 'reuse', 'password', 'suspended', 'deleted', 'demoted'))
);
create index sessions_alive on identity.sessions (account_id) where revoked_at is null;
create index sessions_revoked on identity.sessions (revoked_at) where revoked_at is not null;

-- The part of a session that stays here. Of a refresh token the family half is fixed for the session and the other half
-- changes with every refresh, so a used one is told from an invented one without keeping all old ones.
create table identity.session_secrets (
  session_id   uuid primary key,
  family_hash  bytea not null,
  refresh_hash bytea not null,
  cookie_hash  bytea,
  device       text,
  address      text,
  last_seen_at timestamptz(3) not null
) with (fillfactor = 80);

-- What was mailed: single use, sha256 of the code
create table identity.codes (
  hash       bytea primary key,
  account_id uuid not null,
  purpose    text not null check (purpose in ('verify', 'recover')),
  -- the address it was sent to: a code for an old address proves nothing
  email      text not null,
  expires_at timestamptz(3) not null
);
create index codes_of_account on identity.codes (account_id, purpose);

-- Private JWK (RFC 7517) of the access tokens. A retired key is published until the last token it signed has expired.
create table identity.signing_keys (
  kid         text primary key,
  private_jwk text not null,
  created_at  timestamptz(3) not null,
  retired_at  timestamptz(3)
);

alter table identity.accounts replica identity full;
alter table identity.sessions replica identity full;

create publication parley_identity for table identity.accounts, identity.sessions;
