-- Which words the messages 64 * block to 64 * block + 63 of a conversation hold, written when the next block begins: a search reads a block
-- instead of its messages. Blocks of a conversation have no holes; what comes after the last one has none yet.
create table chat.search_blocks (
  conversation_id uuid not null,
  block           bigint not null,
  -- of the messages with words; infinity and -infinity where there are none
  oldest_at       timestamptz(3) not null,
  newest_at       timestamptz(3) not null,
  -- null: more than a tsvector holds, so the messages must be read
  terms           tsvector,
  primary key (conversation_id, block)
-- in the row and not compressed as long as a page holds it: reading it is the whole work
) with (toast_tuple_target = 8160);
