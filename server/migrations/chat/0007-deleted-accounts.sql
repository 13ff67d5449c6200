-- Accounts that have ended, from parley.identity: they are added to nothing, and their direct conversations take no messages
create table chat.deleted_accounts (id uuid primary key);
