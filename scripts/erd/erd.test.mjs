import { expect, test } from 'vitest';
import { drawErd } from './draw-erd.mjs';
import { parseTables } from './parse-tables.mjs';

const names = (tables, table) => tables.get(table)?.map((column) => column.name);

test('columns, types and keys are read; constraints and comments are not columns', () => {
  const tables = parseTables([
    `-- a comment; with a semicolon
     create table chat.messages (
       conversation_id uuid not null, -- whose
       amount numeric(10, 2) default 0,
       mentions uuid[],
       kind text check (kind in ('a', 'b')),
       primary key (conversation_id, amount),
       constraint unique_kind unique (kind)
     ) with (fillfactor = 50);
     create index messages_kind on chat.messages (kind);`,
  ]);
  expect(tables.get('chat.messages')).toEqual([
    { name: 'conversation_id', type: 'uuid', key: true },
    { name: 'amount', type: 'numeric(10, 2)', key: true },
    { name: 'mentions', type: 'uuid[]', key: false },
    { name: 'kind', type: 'text', key: false },
  ]);
});

test('later migrations change earlier tables', () => {
  const tables = parseTables([
    'create table a.t (x int primary key, y int); create table a.gone (x int);',
    'alter table a.t add column z text, drop column y; alter table a.t rename column z to w; drop table a.gone;',
    'alter table a.t replica identity full; alter table a.t add constraint c check (x > 0);',
  ]);
  expect([...tables.keys()]).toEqual(['a.t']);
  expect(names(tables, 'a.t')).toEqual(['x', 'w']);
});

test('a semicolon inside quotes ends nothing', () => {
  const tables = parseTables(["insert into a.t values ('x;''y'); do $$ begin null; end $$; create table a.u (x int);"]);
  expect([...tables.keys()]).toEqual(['a.u']);
});

test('a column that cannot be read is an error, not a gap', () => {
  expect(() => parseTables(['create table a.t ("quoted name" int);'])).toThrow('cannot read the column');
});

test('lines follow the names of columns', () => {
  const drawn = drawErd(
    parseTables([
      `create table s.conversations (id uuid primary key);
       create table s.heads (conversation_id uuid primary key);
       create table s.memberships (conversation_id uuid, user_id uuid, at timestamptz(3), primary key (conversation_id, user_id));`,
    ]),
  );
  expect(drawn).toContain('conversations ||--o| heads : "conversation_id"');
  expect(drawn).toContain('conversations ||--o{ memberships : "conversation_id"');
  expect(drawn).toContain('    timestamptz_3 at\n');
  expect(drawn).not.toContain('users');
});
