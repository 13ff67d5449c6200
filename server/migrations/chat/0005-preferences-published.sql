-- What somebody changes of their preferences is told to whoever shows or alerts them. All of a row travels with a change, as of the
-- other published tables.
alter table chat.preferences replica identity full;
alter publication parley_chat add table chat.preferences;
