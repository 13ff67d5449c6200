-- Rises with every change: of two answers about somebody's preferences the higher one is the newer
alter table chat.preferences add column version bigint not null default 1;
