import { type DocumentNode, visit } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Memory that parsed documents may take, of all GraphQL interfaces of this process together. */
const maxBytes = 16 * 1024 * 1024;

/** Bytes of a node with its place in the text, of a token, and of an entry; generous, as measured on Node 20. */
const nodeBytes = 320;
const tokenBytes = 160;
const entryBytes = 1_024;

export interface DocumentCache<T extends object> {
  get(text: string): T | undefined;
  set(text: string, document: DocumentNode, value: T): void;
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
export function documentBytes(document: DocumentNode): number {
  let nodes = 0;
  visit(document, { enter: () => void nodes++ });
  let tokens = 0;
  for (let token = document.loc?.startToken ?? null; token; token = token.next) tokens++;
  return entryBytes + nodes * nodeBytes + tokens * tokenBytes + (document.loc?.source.body.length ?? 0) * 2;
}
