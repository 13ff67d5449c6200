-- The schema of the chat service. Every durable fact of a conversation is written here once; everything else follows the
-- change stream (publication at the end). Rows that consumers need are ended, never deleted (MESSAGE-PATH rule 12).

create table chat.conversations (
  id          uuid primary key,
  kind        text not null check (kind in ('direct', 'group', 'channel')),
  name        text,
  topic       text,
  visibility  text not null check (visibility in ('private', 'public')),
  history     text not null check (history in ('all', 'since-join')),
  -- drawn at creation; with the incarnation it makes the epoch (rule 9)
  nonce       text not null,
  created_by  uuid not null,
  created_at  timestamptz(3) not null,
  updated_at  timestamptz(3) not null,
  -- rev of the last change of this row
  rev         bigint not null,
  deleted_rev bigint,
  -- the two of a direct conversation, in id order
  member_a    uuid,
  member_b    uuid
);

-- What every change of a conversation locks first (rules 1 and 2). Its own small table, not published: it is updated by every
-- append, and fillfactor 50 keeps those updates on their page.
create table chat.heads (
  conversation_id uuid primary key,
  last_seq        bigint not null default 0,
  last_rev        bigint not null default 0,
  last_at         timestamptz(3) not null
) with (fillfactor = 50);

-- One stay per row; (joined_rev, left_rev) and (joined_seq, left_seq) are the interval of rule 17.
create table chat.memberships (
  conversation_id uuid not null,
  user_id         uuid not null,
  role            text not null check (role in ('owner', 'admin', 'member', 'reader')),
  joined_seq      bigint not null,
  joined_rev      bigint not null,
  left_seq        bigint,
  left_rev        bigint,
  rev             bigint not null,
  joined_at       timestamptz(3) not null,
  primary key (conversation_id, user_id, joined_rev)
);
create unique index memberships_present on chat.memberships (conversation_id, user_id) where left_rev is null;
create index memberships_of_user on chat.memberships (user_id, conversation_id) where left_rev is null;
-- what changed after a rev, for a hub that repairs a hole
create index memberships_by_rev on chat.memberships (conversation_id, rev);

create table chat.messages (
  conversation_id uuid not null,
  seq             bigint not null,
  -- rev it was appended with; mod_rev is the rev of its last later change
  rev             bigint not null,
  mod_rev         bigint,
  -- what that change did, as JSON text: model/message MessageChange
  mod             text,
  id              text not null,
  sender_id       uuid not null,
  -- the sender's own characters, validated; null once deleted
  content         text,
  -- sha256 of the canonical original content, kept for ever (rule 5)
  hash            bytea not null,
  reply_to        bigint,
  thread          bigint,
  mentions        uuid[],
  attachment      uuid,
  system          boolean not null default false,
  created_at      timestamptz(3) not null,
  edited_at       timestamptz(3),
  deleted_at      timestamptz(3),
  reactions       text not null default '{}',
  pinned          boolean not null default false,
  primary key (conversation_id, seq),
  constraint messages_idempotency unique (conversation_id, sender_id, id)
);
-- free on append: both conditions are false then (rule 8)
create index messages_modified on chat.messages (conversation_id, mod_rev) where mod_rev is not null;
create index messages_in_thread on chat.messages (conversation_id, thread, seq) where thread is not null;
create index messages_with_attachment on chat.messages (attachment) where attachment is not null;

create table chat.attachments (
  id         uuid primary key,
  owner_id   uuid not null,
  name       text not null,
  size       bigint not null,
  media_type text not null,
  created_at timestamptz(3) not null
);

create table chat.receipts (
  conversation_id uuid not null,
  user_id         uuid not null,
  delivered       bigint not null default 0,
  read            bigint not null default 0,
  primary key (conversation_id, user_id)
) with (fillfactor = 50);

create table chat.preferences (
  conversation_id uuid not null,
  user_id         uuid not null,
  muted_until     timestamptz(3),
  archived        boolean not null default false,
  pinned          boolean not null default false,
  notify          text not null default 'all' check (notify in ('all', 'mentions', 'none')),
  primary key (conversation_id, user_id)
);

-- Projections: rebuilt from changes, never asked for truth about messages.

-- who blocks whom, from parley.people
create table chat.blocks (
  owner_id   uuid not null,
  blocked_id uuid not null,
  active     boolean not null,
  primary key (owner_id, blocked_id)
);

-- rule 29; terms come from model/search-terms, so that CJK is found by its bigrams
create table chat.search (
  conversation_id uuid not null,
  seq             bigint not null,
  sender_id       uuid not null,
  created_at      timestamptz(3) not null,
  terms           tsvector not null,
  primary key (conversation_id, seq)
);
create index search_terms on chat.search using gin (terms);

-- How far each consumer has come, stored with its effects (rule 13).
create table chat.consumer_positions (
  consumer    text primary key,
  incarnation text not null,
  lsn         numeric not null,
  ordinal     integer not null
);

-- Restoring a backup draws a new value (rule 9).
create table chat.incarnation (restore text not null);
insert into chat.incarnation values ('0');

-- The old row of an update travels with it: unchanged TOAST values can be filled in, and Debezium's `before` is whole.
-- Appends pay nothing for it.
alter table chat.conversations replica identity full;
alter table chat.memberships replica identity full;
alter table chat.messages replica identity full;
alter table chat.receipts replica identity full;

create publication parley_chat for table chat.conversations, chat.memberships, chat.messages, chat.receipts;
