-- Rises with every change that others see: of two answers about a profile the higher one is the newer
alter table people.profiles add column version bigint not null default 1;
