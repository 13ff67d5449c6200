import { type GraphQLError, getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createDocuments, type OperationRequest } from './documents.ts';
import { queryLimits } from './query-cost.ts';
import { schema } from './schema/schema.ts';

const documents = createDocuments(schema);

/** The codes of what is refused; a document that is taken has none. */
function codesOf(request: string | OperationRequest): unknown[] {
  const prepared = documents.prepare(typeof request === 'string' ? { query: request } : request);
  if ('kind' in prepared) return [];
  return (prepared as readonly GraphQLError[]).map(({ extensions }) => extensions.code ?? 'request.invalid');
}

const id = '0190cccc-0000-7000-8000-000000000003';
const times = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i)).join(' ');
const nested = (n: number, name: string, inside = '__typename') =>
  `${`${name} { `.repeat(n)}${inside}${' }'.repeat(n)}`;

describe('what clients ask for is taken', () => {
  test.each([
    ['the whole schema', getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, oneOf: true })],
    [
      'the largest page of messages with all of them',
      `{ messages(conversation: "${id}", first: 200) {
      edges { cursor node { id messageId conversationId seq rev sender { id username name about avatar presence { state lastSeen } }
        content { type text json ... on AttachmentContent { attachmentId url } } replyTo thread mentionIds mentions { id }
        createdAt editedAt deletedAt reactions { emoji count userIds } pinned } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    ],
    [
      'fifty conversations with their members',
      `{ conversations(first: 50) { nodes {
      id name unread lastMessage { id sender { name } content { text } } members(first: 20) { nodes { role user { id name } } } } } }`,
    ],
  ])('%s', (_what, query) => {
    expect(codesOf(query)).toEqual([]);
  });

  test('one document is read once', () => {
    const query = '{ me { id } }';
    expect(documents.prepare({ query })).toBe(documents.prepare({ query }));
  });
});

describe('hostile documents are refused at once', () => {
  const bomb = `{ ...f0 } ${times(30, (i) => `fragment f${i} on Query { ${i < 29 ? `...f${i + 1} ...f${i + 1}` : 'me { id }'} }`)}`;

  test.each([
    ['deep', `{ me { contacts { ${nested(20, 'presence')} } } }`, 'request.too_large'],
    ['deep without end', `{ ${nested(2_400, 'a')} }`, 'request.too_large'],
    ['a value that is deep without end', `{ user(id: ${'['.repeat(4_900)} }`, 'request.too_large'],
    ['wide at the root', `{ ${times(21, (i) => `a${i}: me { id }`)} }`, 'request.too_large'],
    ['wide below it', `{ me { ${times(1_000, () => 'id')} } }`, 'request.too_large'],
    ['aliased', `{ me { ${times(1_000, (i) => `a${i}: contacts { id }`)} } }`, 'request.too_large'],
    ['of fragments that double thirty times', bomb, 'request.too_large'],
    [
      'of fragments in a circle',
      '{ ...a } fragment a on Query { ...b } fragment b on Query { me { id } ...a }',
      'request.invalid',
    ],
    ['of a fragment in itself', '{ me { ...a } } fragment a on OwnAccount { contacts { id } ...a }', 'request.invalid'],
    [
      'of circles in the schema about the schema',
      `{ __schema { types { ${nested(10, 'fields { type')} } } }`.replaceAll('type {', 'type {'),
      'request.invalid',
    ],
    ['huge', `{ me { id } } ${'#'.repeat(queryLimits.characters)}`, 'request.too_large'],
    ['of many tokens', `{ me { ${times(5_000, () => 'id')} } }`, 'request.too_large'],
    [
      'lists in lists',
      `{ conversations(first: 100) { nodes { members(first: 100) { nodes { user { id name } } } } } }`,
      'request.too_large',
    ],
    [
      'a history for each item of a list',
      '{ conversations { nodes { messages(first: 1) { nodes { id } } } } }',
      'request.invalid',
    ],
    ['no GraphQL', '{ me { id }', 'request.invalid'],
    ['asking for what there is not', '{ everything }', 'request.invalid'],
  ])('%s', (_what, query, code) => {
    expect(new Set(codesOf(query))).toEqual(new Set([code]));
  });

  test('the size of a page is asked each time when it is a variable', () => {
    const query = `query ($a: Int!, $b: Int = 20) {
      conversations(first: $a) { nodes { members(first: $b) { nodes { user { id name } } } } }
    }`;
    expect(codesOf({ query, variables: { a: 50 } })).toEqual([]);
    expect(codesOf({ query, variables: { a: 100, b: 100 } })).toEqual(['request.too_large']);
    expect(codesOf({ query, variables: { a: 50 } })).toEqual([]);
  });
});
