-- How far each projection has come, stored with its effects: by database and incarnation, because the LSNs of two of them say
-- nothing about each other. chat.consumer_positions stays for processes of the release before; it goes with a later one.
create table chat.projection_positions (
  projection  text not null,
  -- '': taken over from chat.consumer_positions, which did not know it
  database    text not null,
  incarnation text not null,
  lsn         numeric not null,
  ordinal     integer not null,
  primary key (projection, database, incarnation)
);
insert into chat.projection_positions (projection, database, incarnation, lsn, ordinal)
  select consumer, '', incarnation, lsn, ordinal from chat.consumer_positions;
