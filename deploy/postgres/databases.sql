-- Carried out once, when the data are created: each service has a database of its own.
create database identity;
create database people;
create database chat;
