-- no transaction
-- Who has left is still shown beside what they said: by this it is found where (the present stays have an index already)
create index concurrently memberships_ended_of_user on chat.memberships (user_id, conversation_id) where left_rev is not null;
