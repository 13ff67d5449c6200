-- incoming: room is kept for bytes that are on their way; stored: shown to whom messages show it; dropped: its bytes are to be removed
-- and the row after them. What an earlier release writes is stored.
alter table chat.attachments
  add column state text not null default 'stored' check (state in ('incoming', 'stored', 'dropped')),
  -- when to look whether anything shows it; null: something did at the last look. The default also gives what was there before a day.
  add column check_at timestamptz default now() + interval '1 day';
create index attachments_due on chat.attachments (check_at) where check_at is not null;
create index attachments_of_owner on chat.attachments (owner_id);

-- deleted conversations whose attachments are still to be looked at, from the message after this one
create table chat.attachment_sweeps (
  conversation_id uuid primary key,
  after_seq       bigint not null default 0
);
