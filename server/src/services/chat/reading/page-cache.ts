import { LRUCache } from 'lru-cache';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type MessageRow, toMessage } from '../../../model/chat-rows.ts';
import type { Message } from '../../../model/message.ts';
import type { Sql } from '../../../ports/sql.ts';
import { messageColumns } from '../store.ts';
import type { SeqRange } from './visible-seqs.ts';

/** An index range scan that reads what it returns and no more; a million messages change nothing. */
export const pageSql = `select ${messageColumns} from unnest($2::int8[], $3::int8[]) r(first_seq, last_seq)
  cross join lateral (
    select * from chat.messages m where m.conversation_id = $1 and m.seq between r.first_seq and r.last_seq
    order by m.seq limit 200) m
  order by m.seq`;

/** A conversation at a moment: every change of a message takes a rev, so nothing in it is different as long as these are the same. */
export interface Moment {
  readonly conversation: ConversationId;
  readonly epoch: string;
  readonly lastRev: number;
}

export interface PageCache {
  /** The messages of these seqs, ascending; 200 of each range at the most. As new as the moment, or newer. */
  read(at: Moment, page: readonly SeqRange[]): Promise<readonly Message[]>;
}

interface Kept extends Pick<Moment, 'epoch' | 'lastRev'> {
  readonly items: readonly Message[];
}

interface Reading extends Pick<Moment, 'epoch' | 'lastRev'> {
  readonly items: Promise<readonly Message[]>;
}

/**
 * Pages that were read a moment ago, for as long as their conversation stands still: who opens a conversation asks for the page
 * that the others have asked for, and many who come back at once read it once. The moment must have come from the database after
 * the request, together with the reader's right. `maxBytes` bounds the memory, by the length of the texts and a flat rate for the rest.
 */
export function createPageCache(sql: Pick<Sql, 'query'>, maxBytes: number): PageCache {
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ items }) => items.reduce((bytes, one) => bytes + sizeOf(one), overhead),
  });
  const underWay = new Map<string, Reading>();
  return {
    async read({ conversation, epoch, lastRev }, page) {
      if (page.length === 0) return [];
      const key = `${conversation} ${page.map(({ first, last }) => `${first}-${last}`).join()}`;
      const isOfThen = (found: Kept | Reading | undefined) => found?.lastRev === lastRev && found.epoch === epoch;
      const found = [kept.get(key), underWay.get(key)].find(isOfThen);
      if (found) return found.items;
      const reading = { epoch, lastRev, items: readPage(sql, conversation, page) };
      underWay.set(key, reading);
      try {
        const items = await reading.items;
        kept.set(key, { epoch, lastRev, items });
        return items;
      } finally {
        if (underWay.get(key) === reading) underWay.delete(key);
      }
    },
  };
}

/** Bytes of a message beside its texts, and of an entry beside its messages. */
const overhead = 512;

function sizeOf({ content, reactions, mentions }: Message): number {
  return overhead + (content?.length ?? 0) + reactions.length + mentions.length * 64;
}

async function readPage(
  sql: Pick<Sql, 'query'>,
  id: ConversationId,
  page: readonly SeqRange[],
): Promise<readonly Message[]> {
  const rows = await sql.query<MessageRow>(
    pageSql,
    [id, page.map((range) => range.first), page.map((range) => range.last)],
    'chat-page',
  );
  return rows.map(toMessage);
}
