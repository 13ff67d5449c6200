import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { parseJson } from '../../../kernel/parse-json.ts';
import { type ParsedContent, parseContent } from '../../../model/content.ts';
import type { Message, RawJson } from '../../../model/message.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { requireAttachment } from '../reading/attachments.ts';
import { readClock } from '../store.ts';
import { markForCheck } from '../storing/mark-for-check.ts';
import { changeMessage, findAttachment } from './acting-store.ts';
import { changeConversation } from './change-conversation.ts';
import { permitMessage } from './permit-message.ts';

/**
 * The sender alone, as a member. Mentions follow when they are given, else they stay. The hash stays: a repeat of the original
 * draft is still answered (rule 5). The same content and mentions again take no rev. `message.unknown` for a tombstone, `attachment.unknown`.
 */
export async function editMessage(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  content: RawJson,
  mentions?: readonly AccountId[],
): Promise<Message> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  const parsed = parseText(content);
  return await changeConversation(deps, principal, id, async (acting) => {
    const message = await permitMessage(acting, 'editMessage', seq);
    const named = mentions ?? message.mentions;
    if (message.content === parsed.raw && isSame(named, message.mentions)) return message;
    if (parsed.attachment) await requireAttachment(acting.tx, acting.user, parsed.attachment, true);
    const before = await findAttachment(acting, seq);
    if (before && before !== parsed.attachment) await markForCheck(acting.tx, [before]);
    return await changeMessage(
      acting,
      seq,
      { kind: 'edited' },
      {
        content: parsed.raw,
        attachment: parsed.attachment,
        mentions: named.length === 0 ? null : named,
        edited_at: await readClock(acting.tx),
      },
    );
  });
}

function isSame(one: readonly AccountId[], other: readonly AccountId[]): boolean {
  return one.length === other.length && one.every((user, at) => user === other[at]);
}

function parseText(content: RawJson): ParsedContent {
  return parseContent(content, parseJson(content));
}
