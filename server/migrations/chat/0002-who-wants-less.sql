-- what somebody does not want to be alerted of is few, and asked for by person
create index preferences_for_less on chat.preferences (user_id) where notify <> 'all' or muted_until is not null;
