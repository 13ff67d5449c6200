import type { ConversationId } from '../../../kernel/ids.ts';
import { type MessageRow, toMessage } from '../../../model/chat-rows.ts';
import type { Message } from '../../../model/message.ts';
import type { Position } from '../../../model/position.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { messageColumns } from '../store.ts';

/** Somewhere in a conversation; whose it is does not matter here. */
export interface Place {
  readonly conversation: ConversationId;
  readonly position: Position;
}

/** What comes after a place, ascending by rev, and where the reader then stands; seq or rev null: as far as the head. */
export interface Page {
  readonly items: readonly Message[];
  readonly isAll: boolean;
  readonly seq: number | null;
  readonly rev: number | null;
}

/** How much a page may hold: messages, and bytes of them except for the first one, without which nobody would get any further. */
export interface PageSize {
  readonly limit: number;
  readonly bytes: number;
}

/** What there is after a place, as far as it was read: changes of older messages by mod_rev, then messages by seq. */
interface Found {
  readonly rows: readonly MessageRow[];
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

function answerAll(group: readonly Place[], rows: readonly MessageRow[]): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  const all = rows.map((row) => ({ row, message: toMessage(row) }));
  for (const place of group) {
    const key = placeKey(place);
    if (pages.has(key)) continue;
    const { seq, rev } = place.position;
    const items = all
      .filter(({ row }) => row.seq > seq || (rev !== undefined && row.mod_rev !== null && row.mod_rev > rev))
      .map(({ message }) => message);
    pages.set(key, { items: items.sort(byRev), isAll: true, seq: null, rev: null });
  }
  return pages;
}

/**
 * The messages to tell are those after `seq` and, where `rev` is given, the older ones changed after it. The changes come first:
 * see `toPage`. Both kinds come from an index in their order. `found` counts also the rows that are more than the bytes allow;
 * octet_length reads no content, only how long it is.
 */
export const pagesSql = `select * from (select d.n, i.*, count(*) over (partition by d.n) as found,
    sum(coalesce(octet_length(i.content), 0) + octet_length(i.reactions))
      over (partition by d.n order by i.is_new, i.place rows between unbounded preceding and 1 preceding) as bytes_before
  from unnest($1::uuid[], $2::int8[], $3::int8[]) with ordinality d(conversation, seq, rev, n)
  cross join lateral (
    (select ${messageColumns}, false as is_new, m.mod_rev as place from chat.messages m
     where m.conversation_id = d.conversation and m.mod_rev > d.rev and m.seq <= d.seq and d.seq > 0
     order by m.mod_rev limit $4)
    union all
    (select ${messageColumns}, true, m.seq from chat.messages m
     where m.conversation_id = d.conversation and m.seq > d.seq
     order by m.seq limit $4)
    order by is_new, place limit $4) i) page
  where bytes_before is null or bytes_before < $5
  order by n, is_new, place`;

/** One row more than the limit says that there is more. */
async function readRows(tx: SqlSession, places: readonly Place[], size: PageSize): Promise<readonly Found[]> {
  if (places.length === 0) return [];
  const rows = await tx.query<MessageRow & { n: number; found: number }>(
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
 * Where a reader stands after a page that is not all. At (S, R) everything up to S is known as of R. As long as changes up to S
 * are left over, only R moves, to the last one told. When none is, everything up to S is known as of the head, and so are the
 * messages told after S, which leave no hole: S moves to the last of them, R to the head. So no message is passed over because
 * it changed late, nothing is missed and nothing comes twice, whatever changes meanwhile.
 */
function toPage({ seq }: Position, { rows, isAll }: Found): Page {
  const items = rows.map(toMessage).sort(byRev);
  const last = rows.at(-1);
  if (isAll || !last) return { items, isAll: true, seq: null, rev: null };
  if (last.seq > seq) return { items, isAll, seq: last.seq, rev: null };
  return { items, isAll, seq, rev: last.mod_rev };
}

function byRev(a: Message, b: Message): number {
  return (a.rev ?? 0) - (b.rev ?? 0);
}
