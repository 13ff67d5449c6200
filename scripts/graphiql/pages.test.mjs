import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema as veigo } from '../../server/src/protocols/veigo/gql/schema.ts';
import { root } from '../setup/paths.mjs';
import { pages } from './pages.mjs';

const graphql = buildSchema(readFileSync(`${root}/contracts/graphql/schema.graphql`, 'utf8'));
const schemas = { graphql, veigo };

const tabs = pages.flatMap(({ name, defaultTabs }) => defaultTabs.map((tab, i) => [`${name} ${i + 1}`, name, tab]));

test.each(tabs)(
  'the example tab %s is what its schema takes',
  (_, name, { query, variables = '{}', headers = '{}' }) => {
    const document = parse(query);
    expect(validate(schemas[name], document)).toEqual([]);
    expect(JSON.parse(headers)).toBeTypeOf('object');
    const declared = document.definitions.flatMap(({ variableDefinitions = [] }) =>
      variableDefinitions.map(({ variable }) => variable.name.value),
    );
    expect(Object.keys(JSON.parse(variables)).filter((given) => !declared.includes(given))).toEqual([]);
  },
);
