import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { ConversationView } from '../api.ts';
import type { ChatDeps } from '../deps.ts';
import { readSnapshot } from '../store.ts';
import { checkLimit } from './check-limit.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { readViews } from './views.ts';

const maxConversations = 200;

export interface ConversationsPage {
  readonly items: readonly ConversationView[];
  /** For each item, what asks for the page after it. */
  readonly cursors: readonly string[];
  readonly next: string | null;
}

/** When the first page was read, by the clock and by transactions: it has seen none from `next` on, and none of `running` (ids with commas). */
interface Mark {
  readonly since: string;
  readonly next: number;
  readonly running: string;
}

/** Of more than these a cursor would be too long; then all from the oldest of them on count as not seen. */
const mostRunning = 16;

interface Row {
  readonly id: ConversationId;
  readonly last_at: string;
}

/** Where a page begins. `moved` null: on the way down, below (`last_at`, `id`); else among what has moved, after that id. */
interface Place {
  readonly below: Row | null;
  readonly moved: ConversationId | null;
  readonly mark: Mark | null;
}

/**
 * The caller's conversations, the one with the newest message first; `limit` 1–200. A message moves its conversation to the top, past
 * whoever is paging. So the pages go down first and then list what has moved since the first one, by ids, which do not change: to the
 * end they hold every conversation that was there all the time, one that has moved perhaps twice.
 */
export async function listConversations(
  deps: ChatDeps,
  ctx: Context,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<ConversationsPage> {
  const { account } = requirePrincipal(ctx);
  checkLimit(page.limit, 200);
  const place = parsePlace(page.after);
  return await readSnapshot(deps.sql, async (tx) => {
    const mark = place.mark ?? (await readMark(tx));
    const wanted = page.limit + 1;
    const down = place.moved === null ? await readDown(tx, account, place.below, wanted) : [];
    const isFirst = page.after === undefined;
    const moved = isFirst || down.length === wanted ? [] : await readMoved(tx, account, place, mark, down, wanted);
    const shown = [...down, ...moved].slice(0, page.limit);
    const ids = shown.map((row) => row.id);
    const views = await readViews(tx, deps.incarnation(), account, ids);
    const cursorOf = new Map(shown.map((row, i) => [row.id, createPlace(row, i < down.length, mark)]));
    const more = down.length + moved.length > page.limit;
    return {
      items: views,
      cursors: views.map((view) => cursorOf.get(view.id) as string),
      next: more ? (cursorOf.get(ids.at(-1) as ConversationId) as string) : null,
    };
  });
}

/** `since` is a little earlier: whoever was about to commit took their time before. */
async function readMark(tx: SqlSession): Promise<Mark> {
  const [now] = await tx.query<{ since: string; snapshot: string }>(
    `select clock_timestamp() - interval '10 s' as since, pg_current_snapshot()::text as snapshot`,
    [],
    'chat-list-mark',
  );
  const { since, snapshot } = now as { since: string; snapshot: string };
  // xmin:xmax:xip,…
  const [oldest, next, running] = snapshot.split(':') as [string, string, string];
  return running.split(',').length > mostRunning
    ? { since, next: Number(oldest), running: '' }
    : { since, next: Number(next), running };
}

function readDown(tx: SqlSession, account: AccountId, below: Row | null, limit: number): Promise<Row[]> {
  return tx.query<Row>(
    `select m.conversation_id as id, h.last_at
     from chat.memberships m join chat.heads h on h.conversation_id = m.conversation_id
     where m.user_id = $1 and m.left_rev is null
       and ($2::timestamptz is null or (h.last_at, m.conversation_id) < ($2::timestamptz, $3::uuid))
     order by h.last_at desc, m.conversation_id desc limit $4`,
    [account, below?.last_at ?? null, below?.id ?? null, limit],
    'chat-list',
  );
}

/**
 * What the first page has not seen: heads whose row is of a transaction that was running then, or is younger. A row says the last 32
 * bits of it. The time alone would not do, since it is taken before the commit; it leaves out what has changed without a message.
 */
async function readMoved(
  tx: SqlSession,
  account: AccountId,
  place: Place,
  mark: Mark,
  down: readonly Row[],
  wanted: number,
): Promise<readonly Row[]> {
  return await tx.query<Row>(
    `select m.conversation_id as id, h.last_at
     from chat.memberships m join chat.heads h on h.conversation_id = m.conversation_id
     where m.user_id = $1 and m.left_rev is null and ($2::uuid is null or m.conversation_id > $2)
       and h.last_at >= $3 and m.conversation_id <> all($4::uuid[])
       and (h.xmin::text::int8 = any($6::int8[]) or (h.xmin::text::int8 - $5::int8) & 4294967295 < 2147483648)
     order by m.conversation_id limit $7`,
    [
      account,
      place.moved,
      mark.since,
      down.map((row) => row.id),
      mark.next,
      mark.running === '' ? [] : mark.running.split(',').map((id) => Number(id) % 2 ** 32),
      wanted - down.length,
    ],
    'chat-list-moved',
  );
}

function createPlace(row: Row, down: boolean, { since, next, running }: Mark): string {
  return createCursor([...(down ? [row.last_at] : []), row.id, since, next, running]);
}

function parsePlace(after: string | undefined): Place {
  if (after === undefined) return { below: null, moved: null, mark: null };
  const parts = parseCursor(after, ['time', 'id', 'time', 'number', 'numbers'], ['id', 'time', 'number', 'numbers']);
  if (parts.length === 4) {
    const [moved, since, next, running] = parts;
    return { below: null, moved: moved as ConversationId, mark: { since, next, running } };
  }
  const [lastAt, id, since, next, running] = parts;
  return { below: { last_at: lastAt, id: id as ConversationId }, moved: null, mark: { since, next, running } };
}

/** `conversation.unknown` unless the caller is a member or it is public. */
export async function getConversation(deps: ChatDeps, ctx: Context, id: ConversationId): Promise<ConversationView> {
  const [view] = await getConversations(deps, ctx, [id]);
  if (!view) throw fail('conversation.unknown');
  return view;
}

/** In the order of the ids; those the caller may not read are left out. */
export async function getConversations(
  deps: ChatDeps,
  ctx: Context,
  ids: readonly ConversationId[],
): Promise<readonly ConversationView[]> {
  const { account } = requirePrincipal(ctx);
  if (ids.length > maxConversations) {
    throw fail('request.too_large', `Ask for ${maxConversations} conversations at the most.`);
  }
  return await readSnapshot(deps.sql, (tx) => readViews(tx, deps.incarnation(), account, ids));
}
