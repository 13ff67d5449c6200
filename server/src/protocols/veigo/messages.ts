import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type ConversationId, createId, type MessageId } from '../../kernel/ids.ts';
import { type ParsedContent, parseContent } from '../../model/content.ts';
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

/** Newest first, without the deleted ones: a page may hold fewer than asked for. */
export async function listMessages(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe; readonly page?: PageArgs | null | undefined },
): Promise<VeigoPage<VeigoMessage>> {
  const id = parseId<ConversationId>('roomId', args.roomId);
  const { limit, after } = parsePage(args.page);
  const before = after === undefined ? undefined : parseMessageId(id, after);
  const { items } = await chat.history(ctx, id, { limit, before });
  const oldest = items[0]?.seq ?? 0;
  // Before the first there may be what the caller may not see; then the next page is empty.
  const hasMore = items.length === limit && oldest > 1;
  const records = items.filter(({ deletedAt }) => deletedAt === null).map(describeMessage);
  return {
    records: records.reverse(),
    metadata: { cursor: hasMore ? createMessageId(id, oldest) : null, hasMore },
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
