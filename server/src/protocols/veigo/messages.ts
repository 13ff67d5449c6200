import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type ConversationId, createId, type MessageId } from '../../kernel/ids.ts';
import { type ParsedContent, parseContent } from '../../model/content.ts';
import type { Message } from '../../model/message.ts';
import { createMessageId, parseMessageId } from './message-id.ts';
import { describeMessage, type VeigoMessage, type VeigoPage } from './objects.ts';
import { type Maybe, type PageArgs, parseId, parsePage, parseText } from './parse.ts';
import type { VeigoDeps } from './veigo-deps.ts';

interface OneMessage {
  readonly roomId?: Maybe;
  readonly messageId?: Maybe;
}

/** Messages in Veigo's words: a content is a string, and an id is found again by `message-id`. */
export async function createMessage(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe; readonly content?: Maybe },
): Promise<VeigoMessage> {
  const { account, session, admin } = requirePrincipal(ctx);
  const conversation = parseId<ConversationId>('roomId', args.roomId);
  const { raw, hash } = parseTextContent(args.content);
  const draft = {
    // Its clients name none: each request is a message of its own.
    id: createId<MessageId>(),
    conversation,
    sender: account,
    session,
    admin,
    content: raw,
    hash,
    attachment: null,
    replyTo: null,
    thread: null,
    mentions: [],
  };
  const [result] = await chat.append(ctx, [draft]);
  if (!result) throw fail('internal');
  if ('code' in result) throw fail(result.code, result);
  const { seq, createdAt } = result;
  return {
    id: createMessageId(conversation, seq),
    roomId: conversation,
    senderId: account,
    content: args.content as string,
    createdAt,
    updatedAt: createdAt,
  };
}

/** Pages of history that one answer reads at the most: as many tombstones in a row end a page early, and the next goes on there. */
const maxReads = 50;

/** Newest first, without the deleted ones; reads on until the page is full. */
export async function listMessages(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe; readonly page?: PageArgs | null | undefined },
): Promise<VeigoPage<VeigoMessage>> {
  const id = parseId<ConversationId>('roomId', args.roomId);
  const { limit, after } = parsePage(args.page);
  const found: Message[] = [];
  let before = after === undefined ? undefined : parseMessageId(id, after);
  let ended = false;
  // One more than is shown tells whether anything is left.
  for (let reads = 0; !ended && found.length <= limit && reads < maxReads; reads++) {
    const size = reads === 0 ? Math.min(limit + 1, 200) : 200;
    const { items } = await chat.history(ctx, id, { limit: size, before });
    found.push(...items.filter(({ deletedAt }) => deletedAt === null).reverse());
    before = items[0]?.seq ?? 0;
    ended = items.length < size || before <= 1;
  }
  const shown = found.slice(0, limit);
  const hasMore = found.length > limit || !ended;
  const last = found.length > limit ? shown.at(-1)?.seq : before;
  return {
    records: shown.map(describeMessage),
    metadata: { cursor: hasMore && last ? createMessageId(id, last) : null, hasMore },
  };
}

/** Senders only; in the reference nobody. */
export async function updateMessage(
  { chat }: VeigoDeps,
  ctx: Context,
  args: OneMessage & { readonly content?: Maybe },
): Promise<VeigoMessage> {
  requirePrincipal(ctx);
  const { id, seq } = parseOne(args);
  const { raw } = parseTextContent(args.content);
  return describeMessage(await chat.editMessage(ctx, id, seq, raw));
}

/** The message as it was. Senders, and who administers the room. */
export async function deleteMessage({ chat }: VeigoDeps, ctx: Context, args: OneMessage): Promise<VeigoMessage> {
  requirePrincipal(ctx);
  const { id, seq } = parseOne(args);
  const before = await chat.getMessage(ctx, id, seq);
  await chat.deleteMessage(ctx, id, seq);
  return describeMessage(before);
}

function parseOne({ roomId, messageId }: OneMessage): { readonly id: ConversationId; readonly seq: number } {
  const id = parseId<ConversationId>('roomId', roomId);
  return { id, seq: parseMessageId(id, parseId('messageId', messageId)) };
}

/** DEPARTS: an empty message is refused and said to be; the reference loses it on the way. */
function parseTextContent(text: Maybe): ParsedContent {
  const content = { type: 'text', text: parseText('content', text) };
  return parseContent(JSON.stringify(content), content);
}
