const constraint = /^(primary key|unique|constraint|check|foreign key|exclude|like)\b/i;

/**
 * Reads the tables that a service's migrations leave behind. Understands what migrations here are written in: `create table`,
 * `drop table`, and `alter table` with `add column`, `drop column`, `rename column`. Other statements do not change the
 * diagram.
 *
 * @param {readonly string[]} migrations the SQL texts, in order
 * @returns {Map<string, {name: string, type: string, key: boolean}[]>} `schema.table` → columns
 */
export function parseTables(migrations) {
  const tables = new Map();
  for (const statement of migrations.flatMap(splitStatements)) applyStatement(tables, statement);
  return tables;
}

function applyStatement(tables, statement) {
  const created = /^create (?:unlogged )?table (?:if not exists )?([\w.]+)\s*\(/i.exec(statement);
  if (created) {
    const end = closingParenthesis(statement, created[0].length - 1);
    const body = statement.slice(created[0].length, end);
    tables.set(created[1], parseColumns(splitAtTopLevel(body)));
    return;
  }
  const dropped = /^drop table (?:if exists )?([\w.]+)/i.exec(statement);
  if (dropped) tables.delete(dropped[1]);
  const altered = /^alter table (?:if exists )?(?:only )?([\w.]+)\s+(.*)$/is.exec(statement);
  const columns = altered && tables.get(altered[1]);
  if (columns) {
    for (const action of splitAtTopLevel(altered[2])) applyAlteration(columns, action);
  }
}

function applyAlteration(columns, action) {
  const added = /^add (?:column )?(?:if not exists )?(.*)$/is.exec(action);
  if (added && !constraint.test(added[1])) columns.push(...parseColumns([added[1]]));
  const dropped = /^drop column (?:if exists )?(\w+)/i.exec(action);
  if (dropped) removeColumn(columns, dropped[1]);
  const renamed = /^rename (?:column )?(\w+) to (\w+)/i.exec(action);
  const column = renamed && columns.find((candidate) => candidate.name === renamed[1]);
  if (column) column.name = renamed[2];
}

function removeColumn(columns, name) {
  const index = columns.findIndex((column) => column.name === name);
  if (index >= 0) columns.splice(index, 1);
}

function parseColumns(parts) {
  const keys = parts.flatMap((part) => /^primary key\s*\(([^)]*)\)/i.exec(part)?.[1].split(/\s*,\s*/) ?? []);
  return parts
    .filter((part) => !constraint.test(part))
    .map((part) => {
      const [, name, type] = /^(\w+)\s+(\w+(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?)/.exec(part) ?? [];
      if (!name) throw new Error(`cannot read the column "${part}"`);
      return { name, type, key: keys.includes(name) || /\bprimary key\b/i.test(part) };
    });
}

/** Statements without comments, each on its own; knows quotes and dollar quotes, in which a semicolon ends nothing. */
function splitStatements(sql) {
  const tokens = /--[^\n]*|'(?:[^']|'')*'|(\$\w*\$)[\s\S]*?\1|;|[^-';$]+|[\s\S]/g;
  const statements = [''];
  for (const [token] of sql.matchAll(tokens)) {
    if (token.startsWith('--')) continue;
    if (token === ';') statements.push('');
    else statements[statements.length - 1] += token;
  }
  return statements.map((statement) => statement.trim()).filter(Boolean);
}

function closingParenthesis(text, open) {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')' && --depth === 0) return index;
  }
  throw new Error(`no closing parenthesis in "${text.slice(0, 60)}"`);
}

function splitAtTopLevel(text) {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}
