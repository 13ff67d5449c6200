-- The schema of the echo service: what each account said last.

create table echo.said (
  account_id uuid primary key,
  text       text not null
);

create publication parley_echo for table echo.said;
