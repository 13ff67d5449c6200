-- no transaction
drop index concurrently if exists chat.search_terms;
