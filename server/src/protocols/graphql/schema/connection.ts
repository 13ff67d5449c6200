import type { ObjectRef } from '@pothos/core';
import { fail } from '../../../kernel/errors.ts';
import { builder } from './builder.ts';

/** Items of one page; more are asked for by the cursors of its ends. */
export interface Connection<Item> {
  readonly edges: readonly Edge<Item>[];
  readonly pageInfo: PageInfo;
}

export interface Edge<Item> {
  readonly cursor: string;
  readonly node: Item;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

const pageInfo = builder.objectRef<PageInfo>('PageInfo').implement({
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.exposeString('startCursor', { nullable: true }),
    endCursor: t.exposeString('endCursor', { nullable: true }),
  }),
});

/** The Relay connection of a type, with `nodes` for who needs no cursors. */
export function connectionOf<Item>(name: string, item: ObjectRef<typeof builder.$inferSchemaTypes, Item>) {
  const edge = builder.objectRef<Edge<Item>>(`${name}Edge`).implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.field({ type: item, resolve: (found) => found.node as never }),
    }),
  });
  return builder.objectRef<Connection<Item>>(`${name}Connection`).implement({
    fields: (t) => ({
      edges: t.field({ type: [edge], resolve: (page) => page.edges }),
      nodes: t.field({ type: [item], resolve: (page) => page.edges.map(({ node: found }) => found) }),
      pageInfo: t.field({ type: pageInfo, resolve: (page) => page.pageInfo }),
    }),
  });
}

/** A service's page and the mark where the next one begins. */
interface Page<Item> {
  readonly items: readonly Item[];
  /** Where to go on after each item, of lists that move: nothing of a page may be read again. */
  readonly cursors?: readonly string[];
  readonly next: string | null;
}

export const maxPage = 100;

/**
 * A connection over a list whose marks stand between pages only. A cursor inside a page says where the page began and how far the
 * item is from there; going on from it reads those again and drops them.
 */
export async function readConnection<Item>(
  { first, after }: { readonly first: number; readonly after?: string | null | undefined },
  list: (page: { readonly limit: number; readonly after?: string }) => Promise<Page<Item>>,
): Promise<Connection<Item>> {
  checkFirst(first, maxPage);
  const [mark, skip] = after === null || after === undefined ? ['', 0] : parseCursor(after);
  const page = await list({ limit: skip + first, ...(mark && { after: mark }) });
  const shown = page.items.slice(skip);
  const edges = shown.map((node, i) => {
    const next = page.cursors ? page.cursors[skip + i] : i === shown.length - 1 ? page.next : null;
    return { node, cursor: next ? createCursor(next, 0) : createCursor(mark, skip + i + 1) };
  });
  return {
    edges,
    pageInfo: {
      hasNextPage: page.next !== null,
      hasPreviousPage: skip > 0 || mark !== '',
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

export function checkFirst(first: number, most: number, name = 'first'): void {
  if (first < 1 || first > most) throw fail('request.invalid', `${name} must be between 1 and ${most}.`);
}

function createCursor(mark: string, skip: number): string {
  return `${skip}.${mark}`;
}

function parseCursor(cursor: string): [mark: string, skip: number] {
  const [, digits, mark] = /^(\d{1,3})\.(.{0,512})$/.exec(cursor) ?? [];
  const skip = Number(digits);
  if (mark === undefined || skip > maxPage) throw fail('request.invalid', 'This cursor is none of ours.');
  return [mark, skip];
}
