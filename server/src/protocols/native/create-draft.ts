import type { Principal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { AccountId, ConversationId, MessageId } from '../../kernel/ids.ts';
import { type ParsedContent, parseContent } from '../../model/content.ts';
import type { Draft } from '../../model/message.ts';
import { sliceMember } from '../../model/raw-json.ts';

/** The fields of a send that have been checked against the schema; the content is checked here. */
export interface DraftFields {
  readonly id: string;
  readonly content?: unknown;
  readonly replyTo?: number | null | undefined;
  readonly thread?: number | null | undefined;
  readonly mentions?: readonly string[] | undefined;
}

const none: readonly AccountId[] = [];

/** `text` is the whole request or frame, from which the content is cut as the characters it came in (rule 7). */
export function createDraft(principal: Principal, conversation: string, fields: DraftFields, text: string): Draft {
  const { raw, hash, attachment } = parseRawContent(text, fields.content);
  return {
    id: fields.id as MessageId,
    conversation: conversation as ConversationId,
    sender: principal.account,
    session: principal.session,
    admin: principal.admin,
    content: raw,
    hash,
    attachment,
    replyTo: fields.replyTo ?? null,
    thread: fields.thread ?? null,
    mentions: (fields.mentions as readonly AccountId[] | undefined) ?? none,
  };
}

/** The top-level member `content` of a request's text, checked. */
export function parseRawContent(text: string, value: unknown): ParsedContent {
  const raw = sliceMember(text, 'content');
  if (raw === null) throw fail('request.invalid', 'content is missing.');
  return parseContent(raw, value);
}
