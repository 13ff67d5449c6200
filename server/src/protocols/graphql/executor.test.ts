import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLInterfaceType,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { fail } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { createExecutor } from './executor.ts';
import { formatError } from './format-error.ts';

const schema = buildSchema(`
  enum Colour { RED GREEN }
  input Where { at: Int!, near: [Int!] }
  interface Thing { name: String! }
  type Stone implements Thing { name: String!, weight: Int }
  type Leaf implements Thing { name: String!, colour: Colour! }
  type Query {
    echo(text: String = "none", where: Where, colour: Colour): String
    things(first: Int!): [Thing!]
    broken: String
    brittle: String!
    bug: String
    late: String
  }
`);

const resolvers: Readonly<Record<string, GraphQLFieldResolver<unknown, unknown>>> = {
  echo: (_root, args) => JSON.stringify(args),
  things: (_root, { first }) =>
    [
      { kind: 'Stone', name: 'flint', weight: null },
      { kind: 'Leaf', name: 'oak', colour: 'GREEN' },
      { kind: 'Stone', name: null, weight: 1 },
      { kind: 'Leaf', name: 'ash', colour: 'BLUE' },
    ].slice(0, first),
  broken: () => {
    throw fail('conversation.unknown');
  },
  brittle: async () => {
    throw fail('rate.limited', { retryAfterMs: 5 });
  },
  bug: async () => {
    throw new TypeError('undefined is not a function');
  },
  late: async () => 'at last',
};
for (const [name, field] of Object.entries(schema.getQueryType()?.getFields() ?? {})) {
  field.resolve = resolvers[name] as GraphQLFieldResolver<unknown, unknown>;
}
(schema.getType('Thing') as GraphQLInterfaceType).resolveType = ({ kind }) => kind;

const told = ({ data, errors }: ExecutionResult) => ({
  data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
  errors: errors?.map((error) => {
    const { path, extensions } = formatError(error, silentLog);
    return { path, extensions };
  }),
});

/** Compiled or not, the answer is the same: what the library itself says is the measure. */
test.each<[string, string, Record<string, unknown>?]>([
  [
    'arguments, defaults and null',
    '{ a: echo b: echo(text: null) c: echo(text: "x", where: { at: 1, near: [2] }, colour: RED) }',
  ],
  [
    'variables',
    'query ($t: String, $w: Where, $c: Colour = GREEN) { echo(text: $t, where: $w, colour: $c) }',
    { w: { at: 3 } },
  ],
  ['variables of another type', 'query ($n: Int!) { things(first: $n) { name } }', { n: 'two' }],
  ['variables that are missing', 'query ($n: Int!) { things(first: $n) { name } }', {}],
  ['an input that lacks a field', 'query ($w: Where) { echo(where: $w) }', { w: {} }],
  [
    'fragments on interfaces',
    '{ things(first: 2) { __typename name ...s ... on Leaf { colour } } } fragment s on Stone { weight }',
  ],
  [
    'what is left out',
    'query ($yes: Boolean!) { a: echo @include(if: $yes) b: echo @skip(if: $yes) late }',
    { yes: true },
  ],
  ['null for an argument that cannot be null', 'query ($n: Int = 1) { things(first: $n) { name } late }', { n: null }],
  ['null where the schema has none', '{ things(first: 3) { name } late }'],
  ['a word that the schema does not know', '{ things(first: 4) { ... on Leaf { colour } } late }'],
  ['what nobody thought of', '{ bug late }'],
  ['a failure beside an answer', '{ broken late }'],
  ['a failure where null cannot be', '{ brittle late }'],
])('%s', async (_what, text, variableValues = {}) => {
  const run = createExecutor();
  const document = parse(text);
  const args = { schema, document, variableValues };
  const expected = told(await execute(args));
  for (let i = 0; i < 8; i++) expect(told(await run(args))).toEqual(expected);
});
