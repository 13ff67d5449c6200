import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AttachmentId, ConversationId } from '../../../kernel/ids.ts';
import { parseJson } from '../../../kernel/parse-json.ts';
import { type ParsedContent, parseContent } from '../../../model/content.ts';
import type { Message, RawJson } from '../../../model/message.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { findReadableAttachment } from '../reading/attachments.ts';
import { changeMessage, readClock, requireMessage } from '../store.ts';
import { type Acting, changeAsMember } from './change-conversation.ts';

/**
 * The sender alone, as a member. Mentions stay as they were sent, and so does the hash: a repeat of the original draft is still
 * answered (rule 5). The same content again takes no rev. `message.unknown` for a tombstone, `attachment.unknown`.
 */
export async function editMessage(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  content: RawJson,
): Promise<Message> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  const parsed = parseText(content);
  return await changeAsMember(deps.sql, { conversation: id, user: account }, async (acting) => {
    const message = await requireMessage(acting, seq);
    if (message.sender !== account) throw fail('action.forbidden', 'Only its sender may edit a message.');
    checkNotBlocked(acting);
    if (message.content === parsed.raw) return message;
    if (parsed.attachment) await checkAttachment(acting, parsed.attachment);
    return await changeMessage(
      acting,
      seq,
      { kind: 'edited' },
      {
        content: parsed.raw,
        attachment: parsed.attachment,
        edited_at: await readClock(acting.tx),
      },
    );
  });
}

/** A blocked direct conversation is not carried on by other means. */
export function checkNotBlocked(acting: Acting): void {
  if (acting.blocked) throw fail('action.forbidden', 'One of you has blocked the other.');
}

function parseText(content: RawJson): ParsedContent {
  return parseContent(content, parseJson(content));
}

async function checkAttachment(acting: Acting, attachment: AttachmentId): Promise<void> {
  if (!(await findReadableAttachment(acting.tx, acting.user, attachment))) throw fail('attachment.unknown');
}
