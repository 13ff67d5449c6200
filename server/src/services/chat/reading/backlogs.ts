import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import { checkPosition, createEpoch, type Incarnation, type Position } from '../../../model/position.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Backlog } from '../api.ts';
import { type ChatDeps, configOf } from '../deps.ts';
import { readSnapshot } from '../store.ts';
import type { BacklogRequest } from '../trusted-api.ts';
import { checkLimit } from './check-limit.ts';
import type { ReadDeps } from './read-deps.ts';
import { groupBy, type Page, type PageSize, placeKey, readPages, readsAtOnce } from './read-pages.ts';
import { loadReaders, mayRead, pairKey, type Reader, readableSeqs } from './readers.ts';
import { holdsSeqIn } from './visible-seqs.ts';

/** Changes told in one answer at the most. */
export const backlogLimit = 500;

/** What the caller missed since a position; `limit` 1–500. `conversation.unknown`, `request.invalid`. */
export async function changes(
  deps: ReadDeps,
  ctx: Context,
  id: ConversationId,
  position: Position,
  limit: number,
): Promise<Backlog> {
  const { account } = requirePrincipal(ctx);
  checkLimit(limit, backlogLimit);
  for (const n of [position.seq, position.rev ?? 0]) {
    if (!Number.isSafeInteger(n) || n < 0) throw fail('request.invalid', 'seq and rev must be whole numbers from 0.');
  }
  await deps.requireReader({ conversation: id, user: account });
  const [backlog] = await readBacklogs(deps, [{ conversation: id, user: account, position }], limit);
  if (!backlog) throw fail('conversation.unknown');
  return backlog;
}

/**
 * Backlogs for many readers, in the order of the requests. Readers of one conversation share one read wherever they stand, if
 * what the last of them missed fits one answer (rule 21); each gets of it what their position and their stays leave. Who may not
 * read the conversation gets nothing and `lost`.
 */
export async function readBacklogs(
  deps: Pick<ChatDeps, 'sql' | 'incarnation' | 'config'>,
  requests: readonly BacklogRequest[],
  limit = backlogLimit,
): Promise<readonly Backlog[]> {
  const conversations = [...groupBy(requests, (request) => request.conversation).values()];
  const backlogs = new Map<BacklogRequest, Backlog>();
  // Who stands at one place shares one page: it is held, and sent, once.
  const places = new Set(requests.map(placeKey)).size;
  const bytes = Math.ceil(configOf(deps).answerBytes / Math.max(1, places));
  for (let at = 0; at < conversations.length; at += readsAtOnce) {
    const some = conversations.slice(at, at + readsAtOnce).flat();
    // one snapshot for stays, head and messages: what somebody sees and where they then stand must be of one moment
    await readSnapshot(deps.sql, (tx) => readTogether(tx, deps.incarnation(), some, { limit, bytes }, backlogs));
  }
  return requests.map((request) => backlogs.get(request) as Backlog);
}

async function readTogether(
  tx: SqlSession,
  incarnation: Incarnation,
  requests: readonly BacklogRequest[],
  size: PageSize,
  backlogs: Map<BacklogRequest, Backlog>,
): Promise<void> {
  const readers = await loadReaders(tx, requests);
  const readable: BacklogRequest[] = [];
  for (const request of requests) {
    const reader = readers.get(pairKey(request));
    const kept = reader && mayRead(reader) && isKept(request.position, reader, incarnation);
    if (kept) readable.push(request);
    else backlogs.set(request, lost(request, reader, incarnation));
  }
  const pages = await readPages(tx, readable, size);
  for (const request of readable) {
    const reader = readers.get(pairKey(request)) as Reader;
    const { items, isAll, seq, rev } = pages.get(placeKey(request)) as Page;
    backlogs.set(request, {
      conversation: request.conversation,
      items: cutToStays(reader, items),
      seq: seq ?? reader.lastSeq,
      rev: rev ?? reader.lastRev,
      epoch: createEpoch(reader.nonce, incarnation),
      continuity: isAll ? 'kept' : 'more',
    });
  }
}

function isKept(position: Position, reader: Reader, incarnation: Incarnation): boolean {
  return checkPosition(position, { ...reader, epoch: createEpoch(reader.nonce, incarnation) }) === 'kept';
}

/** The very same list for all who see all of it: what is shared is encoded once. */
function cutToStays(reader: Reader, items: readonly Message[]): readonly Message[] {
  const visible = readableSeqs(reader);
  const isVisible = (item: Message): boolean => holdsSeqIn(visible, item.seq as number);
  return items.every(isVisible) ? items : items.filter(isVisible);
}

/** The head is where a fresh read would begin to follow; nothing is told of a conversation that is not theirs. */
function lost(request: BacklogRequest, reader: Reader | undefined, incarnation: Incarnation): Backlog {
  const { conversation } = request;
  if (!reader || !mayRead(reader)) {
    return { conversation, items: [], seq: 0, rev: 0, epoch: '', continuity: 'lost' };
  }
  const epoch = createEpoch(reader.nonce, incarnation);
  return { conversation, items: [], seq: reader.lastSeq, rev: reader.lastRev, epoch, continuity: 'lost' };
}
