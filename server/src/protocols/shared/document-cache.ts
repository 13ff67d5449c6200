import { LRUCache } from 'lru-cache';

/** Memory that parsed documents may take, of all GraphQL interfaces of this process together. */
const maxBytes = 16 * 1024 * 1024;

/** Bytes of a node with its place in the text, of a token, and of an entry; generous, as measured on Node 20. */
const nodeBytes = 320;
const tokenBytes = 160;
const entryBytes = 1_024;

/** A parsed document, as far as it matters here: graphql itself stays in its protocols. */
interface Document {
  readonly kind: string;
  readonly loc?: { readonly startToken: Token; readonly source: { readonly body: string } } | undefined;
}

interface Token {
  readonly next: Token | null;
}

export interface DocumentCache<T extends object> {
  get(text: string): T | undefined;
  set(text: string, document: Document, value: T): void;
}

const kept = new LRUCache<string, { readonly value: object; readonly bytes: number }>({
  maxSize: maxBytes,
  sizeCalculation: ({ bytes }) => bytes,
});
let caches = 0;

/** What is remembered of documents, for one interface. All share one bound, in bytes of memory (MESSAGE-PATH rule 34). */
export function createDocumentCache<T extends object>(): DocumentCache<T> {
  const prefix = `${++caches} `;
  return {
    get: (text) => kept.get(prefix + text)?.value as T | undefined,
    set(text, document, value) {
      kept.set(prefix + text, { value, bytes: documentBytes(document) });
    },
  };
}

/** An estimate of what a parsed document takes: one of short names takes a hundred times its text. */
export function documentBytes(document: Document): number {
  const nodes = countNodes(document);
  let tokens = 0;
  for (let token: Token | null = document.loc?.startToken ?? null; token; token = token.next) tokens++;
  return entryBytes + nodes * nodeBytes + tokens * tokenBytes + (document.loc?.source.body.length ?? 0) * 2;
}

/** Whatever has a kind is a node; where it was in the text is counted with it. */
function countNodes(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + countNodes(each), 0);
  if (typeof value !== 'object' || value === null || !('kind' in value)) return 0;
  return Object.entries(value).reduce((sum, [key, each]) => (key === 'loc' ? sum : sum + countNodes(each)), 1);
}
