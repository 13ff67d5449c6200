import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocuments } from '../graphql/documents.ts';
import { schema } from '../graphql/schema/schema.ts';
import { prepareDocument } from '../veigo/gql/documents.ts';
import { createDocumentCache, documentBytes } from './document-cache.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function heapGrowth(work: () => unknown): number {
  gc();
  const before = process.memoryUsage().heapUsed;
  const held = work();
  gc();
  const growth = process.memoryUsage().heapUsed - before;
  expect(held).toBeDefined();
  return growth;
}

const wide = (n: number) => `query q${n} { ${Array.from({ length: 800 }, (_, i) => `f${i}: __typename`).join(' ')} }`;

test.each([
  ['wide', wide],
  ['of short names', (n: number) => `query q${n} { ${'a '.repeat(2_000)} }`],
  ['of arguments', (n: number) => `query q${n} { ${'a(b: [1, {c: $d}]) '.repeat(200)} }`],
])('the estimate of a document %s is not below what it takes, and not four times that', (_, write) => {
  const documents = Array.from({ length: 50 }, (_, n) => write(n));
  let estimated = 0;
  const taken = heapGrowth(() => {
    const parsed = documents.map((text) => parse(text));
    estimated = parsed.reduce((bytes, document) => bytes + documentBytes(document), 0);
    return parsed;
  });
  expect(estimated).toBeGreaterThan(taken * 0.9);
  expect(estimated).toBeLessThan(taken * 4);
});

test('distinct documents of both interfaces take the memory of one bound, however many come', () => {
  const documents = createDocuments(schema);
  prepareDocument('{ __typename }');
  const growth = heapGrowth(() => {
    for (let n = 0; n < 500; n++) {
      const fields = Array.from({ length: 400 }, (_, i) => `f${i}: __typename`).join(' ');
      expect(documents.prepare({ query: `query q${n} { me { ${fields} } }` })).toHaveProperty('kind');
      expect(prepareDocument(`query q${n} { __schema { ${fields} } }`)).toHaveProperty('kind');
    }
    return documents;
  });
  expect(growth).toBeLessThan(2 * 16 * 1024 * 1024);
});

test('what was put last is found, and each interface has its own', () => {
  const [one, other] = [createDocumentCache<{ n: number }>(), createDocumentCache<{ n: number }>()];
  const document = parse('{ a }');
  one.set('{ a }', document, { n: 1 });
  expect(one.get('{ a }')).toEqual({ n: 1 });
  expect(other.get('{ a }')).toBeUndefined();
});
