import type { Context } from '../../../kernel/context.ts';
import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { HistoryRange } from '../../../services/chat/api.ts';
import { builder } from './builder.ts';
import { type Connection, checkFirst, connectionOf } from './connection.ts';
import { message } from './message.ts';
import { describeMessage, describeMessages, type MessageView } from './message-view.ts';
import type { OperationServices } from './operation-services.ts';
import { parseId } from './parse-input.ts';

const maxMessages = 200;

export const messageConnection = connectionOf('Message', message);

/** Relay's four, and what only a history has; cursors are seqs. */
export interface HistoryArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
  readonly around?: number | null | undefined;
  readonly thread?: number | null | undefined;
}

/** Ascending by seq in every case; the newest page without a place, as clients show it. */
export async function readHistory(
  services: Pick<OperationServices, 'chat' | 'profiles'>,
  ctx: Context,
  id: ConversationId,
  args: HistoryArgs,
): Promise<Connection<MessageView>> {
  const range = parseRange(args);
  // One more than asked for tells whether there are more.
  const limit = range.around === undefined ? Math.min(range.limit + 1, maxMessages) : range.limit;
  const page = await services.chat.history(ctx, id, { ...range, limit });
  const forward = range.after !== undefined;
  const more = page.items.length > range.limit;
  const items = forward ? page.items.slice(0, range.limit) : page.items.slice(-range.limit);
  const edges = (await describeMessages(services, ctx, items)).map((node) => ({ cursor: String(node.seq), node }));
  const start = edges[0]?.cursor ?? null;
  const end = edges.at(-1)?.cursor ?? null;
  return {
    edges,
    pageInfo: {
      hasNextPage: forward ? more || filled(range, items.length) : Number(end) < page.lastSeq,
      hasPreviousPage: forward
        ? (range.after ?? 0) > 0
        : more || filled(range, items.length) || aroundHasMore(range, start),
      startCursor: start,
      endCursor: end,
    },
  };
}

/** The largest page cannot be asked for with one more: being full, it may have one. */
function filled({ limit }: HistoryRange, found: number): boolean {
  return limit === maxMessages && found === maxMessages;
}

function aroundHasMore({ around }: HistoryRange, start: string | null): boolean {
  return around !== undefined && Number(start) > 1;
}

function parseRange({ first, after, last, before, around, thread }: HistoryArgs): HistoryRange {
  if (typeof first === 'number' && typeof last === 'number')
    throw fail('request.invalid', 'Give first or last, not both.');
  if (before && (after || typeof first === 'number')) throw fail('request.invalid', '"before" goes with "last".');
  if (after && typeof last === 'number') throw fail('request.invalid', '"after" goes with "first".');
  const limit = first ?? last ?? 50;
  checkFirst(limit, maxMessages, typeof first === 'number' ? 'first' : 'last');
  return {
    limit,
    ...(after && { after: parseCursor(after) }),
    ...(before && { before: parseCursor(before) }),
    ...(typeof around === 'number' && { around }),
    ...(typeof thread === 'number' && { thread }),
  };
}

function parseCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw fail('request.invalid', 'A cursor of messages is a seq.');
  return Number(cursor);
}

/** The arguments of every history, wherever it is asked for. */
export const historyArgs = builder.args((t) => ({
  first: t.int({ description: `At most ${maxMessages}; without a place the newest.` }),
  after: t.string({ description: 'The cursor to go on from towards the newest: a seq.' }),
  last: t.int({ description: `At most ${maxMessages}.` }),
  before: t.string({ description: 'The cursor to go back from: a seq.' }),
  around: t.int({ description: 'The seq in the middle of the page, instead of a cursor.' }),
  thread: t.int({ description: 'The seq of the message that began a thread: its answers only.' }),
}));

builder.queryFields((t) => ({
  messages: t.field({
    type: messageConnection,
    nullable: true,
    description: 'The history of a conversation, ascending by seq.',
    args: { conversation: t.arg.id({ required: true }), ...historyArgs },
    resolve: (_root, { conversation, ...args }, { ctx, services }) => {
      requirePrincipal(ctx);
      return readHistory(services, ctx, parseId(conversation, 'conversation'), args);
    },
  }),
  message: t.field({
    type: message,
    nullable: true,
    args: { conversation: t.arg.id({ required: true }), seq: t.arg.int({ required: true }) },
    resolve: async (_root, { conversation, seq }, { ctx, services }) => {
      requirePrincipal(ctx);
      const found = await services.chat.getMessage(ctx, parseId(conversation, 'conversation'), seq);
      return describeMessage(services, ctx, found);
    },
  }),
}));
