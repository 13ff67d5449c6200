-- as it was given at sign-up: proved by nothing, so neither unique nor a way to be found
alter table identity.accounts add column phone text;
