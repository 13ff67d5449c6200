-- the id of an attachment, or a URL
alter table chat.conversations add column avatar text;
-- who may see a conversation may see its picture: asked for by attachment
create index conversations_with_avatar on chat.conversations (avatar) where avatar is not null;
