import type { ConversationId } from '../../kernel/ids.ts';
import { type MessageRow, messageColumns, toMessage } from '../../model/chat-rows.ts';
import type { Message } from '../../model/message.ts';
import type { Position } from '../../model/position.ts';
import type { SqlSession } from '../../ports/sql.ts';

/** Somewhere in a conversation; whose it is does not matter here. */
export interface Place {
  readonly conversation: ConversationId;
  readonly position: Position;
}

/** What comes after a place, ascending by rev. seq and rev null: this is all of it, and the reader then stands at the head. */
export interface Page {
  readonly items: readonly Message[];
  readonly seq: number | null;
  readonly rev: number | null;
}

/** How much a page may hold: messages, and bytes of them except for the first one, without which nobody would get any further. */
export interface PageSize {
  readonly limit: number;
  readonly bytes: number;
}

interface Row extends MessageRow {
  readonly present: number;
}

/** What there is after a place, as far as it was read. */
interface Found {
  readonly rows: readonly Row[];
  readonly isAll: boolean;
}

/** Pages read in one statement: bounds the memory of a resume storm (MESSAGE-PATH rule 21). */
export const readsAtOnce = 50;

export const placeKey = ({ conversation, position }: Place): string =>
  `${conversation} ${position.seq} ${position.rev}`;

/**
 * The page after every place, by `placeKey`. First one read per conversation, from the lowest place in it: when that is all
 * there is, every other place of the conversation is answered out of it. Only where more is missing than a page holds does each
 * place get a read of its own.
 */
export async function readPages(
  tx: SqlSession,
  places: readonly Place[],
  size: PageSize,
): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const alone: Place[] = [];
  const groups = [...groupBy(places, (place) => place.conversation).values()];
  const found = await readRows(tx, groups.map(lowestOf), size);
  for (const [i, group] of groups.entries()) {
    const { rows, isAll } = found[i] as Found;
    if (!isAll) alone.push(...group);
    else for (const [key, page] of answerAll(group, rows)) pages.set(key, page);
  }
  const distinct = [...new Map(alone.map((place) => [placeKey(place), place])).values()];
  for (let at = 0; at < distinct.length; at += readsAtOnce) {
    const some = distinct.slice(at, at + readsAtOnce);
    const read = await readRows(tx, some, size);
    for (const [i, place] of some.entries()) pages.set(placeKey(place), toPage(place.position, read[i] as Found));
  }
  return pages;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function lowestOf(group: readonly Place[]): Place {
  const [first] = group as readonly [Place];
  const revs = group.flatMap(({ position }) => position.rev ?? []);
  const seq = Math.min(...group.map(({ position }) => position.seq));
  const rev = revs.length === 0 ? undefined : Math.min(...revs);
  return { conversation: first.conversation, position: { epoch: first.position.epoch, seq, rev } };
}

function answerAll(group: readonly Place[], rows: readonly Row[]): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  const all = rows.map((row) => ({ row, message: toMessage(row) }));
  for (const place of group) {
    const key = placeKey(place);
    if (pages.has(key)) continue;
    const { seq, rev } = place.position;
    const items = all
      .filter(({ row }) => row.seq > seq || (rev !== undefined && row.mod_rev !== null && row.mod_rev > rev))
      .map(({ message }) => message);
    pages.set(key, { items, seq: null, rev: null });
  }
  return pages;
}

/**
 * The messages to tell are those after `seq` and, where `rev` is given, the older ones changed after it, in the order of their
 * present rev. Both kinds come from an index in that order: messages as they were sent by seq, changed ones by mod_rev.
 * A changed message after `seq` cannot have a mod_rev below the rev of message `seq + 1`, which bounds the second scan.
 * `found` counts also the rows that are more than the bytes allow; octet_length reads no content, only how long it is.
 */
export const pagesSql = `select * from (select d.n, i.*, count(*) over (partition by d.n) as found,
    sum(coalesce(octet_length(i.content), 0) + octet_length(i.reactions))
      over (partition by d.n order by i.present rows between unbounded preceding and 1 preceding) as bytes_before
  from unnest($1::uuid[], $2::int8[], $3::int8[]) with ordinality d(conversation, seq, rev, n)
  left join chat.messages f on f.conversation_id = d.conversation and f.seq = d.seq + 1
  cross join lateral (
    (select ${messageColumns}, m.rev as present from chat.messages m
     where m.conversation_id = d.conversation and m.seq > d.seq and m.mod_rev is null
     order by m.seq limit $4)
    union all
    (select ${messageColumns}, m.mod_rev from chat.messages m
     where m.conversation_id = d.conversation and m.mod_rev > least(d.rev, f.rev - 1)
       and (m.seq > d.seq or m.mod_rev > d.rev)
     order by m.mod_rev limit $4)
    order by present limit $4) i) page
  where bytes_before is null or bytes_before < $5
  order by n, present`;

/** One row more than the limit says that there is more. */
async function readRows(tx: SqlSession, places: readonly Place[], size: PageSize): Promise<readonly Found[]> {
  if (places.length === 0) return [];
  const rows = await tx.query<Row & { n: number; found: number }>(
    pagesSql,
    [
      places.map((place) => place.conversation),
      places.map((place) => place.position.seq),
      places.map((place) => place.position.rev ?? null),
      size.limit + 1,
      size.bytes,
    ],
    'chat-pages',
  );
  const read = places.map((): (typeof rows)[number][] => []);
  for (const row of rows) read[row.n - 1]?.push(row);
  return read.map((own) => ({
    rows: own.slice(0, size.limit),
    isAll: own.length <= size.limit && own.length === (own[0]?.found ?? 0),
  }));
}

/**
 * Where a reader stands after a page that ends at rev R: at (highest seq shown so far, R). What was not shown has a present rev
 * above R; it either has a higher seq, or a lower one and then, having been sent before R, has been changed after R. And what was
 * shown has neither a higher seq nor a change after R. So nothing is missed and nothing comes twice, whatever changes meanwhile.
 */
function toPage(from: Position, { rows, isAll }: Found): Page {
  const items = rows.map(toMessage);
  if (isAll) return { items, seq: null, rev: null };
  return { items, seq: Math.max(from.seq, ...rows.map((row) => row.seq)), rev: rows.at(-1)?.present ?? null };
}
