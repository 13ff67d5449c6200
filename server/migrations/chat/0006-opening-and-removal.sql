-- What a rule that opens opens: the messages after this seq. It means something while the rule holds; what is there already, and what is
-- created open, is open from the beginning.
alter table chat.conversations add column public_from_seq bigint not null default 0;
alter table chat.conversations add column history_from_seq bigint not null default 0;
-- who ended the stay; null: nobody knows any more
alter table chat.memberships add column left_by uuid;
