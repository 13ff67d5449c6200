import { LRUCache } from 'lru-cache';
import { conversationLimits } from '../../../model/conversation.ts';
import type { Standing } from '../../../ports/policy.ts';
import type { Sql } from '../../../ports/sql.ts';
import { loadReaders, type Pair, pairKey, standingOf } from '../reading/readers.ts';

/** What is remembered of a user in a conversation; not for anything that is written. */
export interface KnownMember {
  /** null: there is no such conversation. */
  readonly standing: Standing | null;
  /** Too many members for typing frames (rule 19). */
  readonly crowded: boolean;
}

export interface MemberCache {
  get(pair: Pair): Promise<KnownMember>;
  forget(pair: Pair): void;
  clear(): void;
}

/**
 * Memberships for what is never stored. Bounded in number and age; a change that reaches this process takes its entry out, so
 * the age only matters for changes that another process was handed.
 */
export function createMemberCache(sql: Sql, bounds: { readonly entries: number; readonly ttlMs: number }): MemberCache {
  const cache = new LRUCache<string, Promise<KnownMember>>({ max: bounds.entries, ttl: bounds.ttlMs });
  return {
    get(pair) {
      const key = pairKey(pair);
      const known = cache.get(key);
      if (known) return known;
      // the promise itself is kept: many asking at once read once, and forgetting reaches a read that is under way
      const loading = load(sql, pair);
      cache.set(key, loading);
      loading.catch(() => {
        if (cache.peek(key) === loading) cache.delete(key);
      });
      return loading;
    },
    forget: (pair) => void cache.delete(pairKey(pair)),
    clear: () => cache.clear(),
  };
}

async function load(sql: Sql, pair: Pair): Promise<KnownMember> {
  const [readers, [count]] = await Promise.all([
    loadReaders(sql, [pair]),
    sql.query<{ members: number }>(
      `select count(*) as members from (select 1 from chat.memberships
       where conversation_id = $1 and left_rev is null limit ${conversationLimits.ephemeralTo + 1}) bounded`,
      [pair.conversation],
      'chat-crowd',
    ),
  ]);
  const reader = readers.get(pairKey(pair));
  return {
    standing: reader ? standingOf(reader) : null,
    crowded: (count?.members ?? 0) > conversationLimits.ephemeralTo,
  };
}
