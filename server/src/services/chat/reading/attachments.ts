import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type AttachmentId, isUuid } from '../../../kernel/ids.ts';
import { attachmentOf } from '../../../model/avatar.ts';
import { checkText } from '../../../model/content.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Attachment } from '../api.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';

interface AttachmentRow {
  readonly id: AttachmentId;
  readonly owner_id: AccountId;
  readonly name: string;
  readonly size: number;
  readonly media_type: string;
  readonly created_at: string;
}

/** The caller becomes the owner. `request.invalid`, `conversation.conflict` for an id in use. */
export async function createAttachment(
  deps: ChatDeps,
  ctx: Context,
  attachment: Omit<Attachment, 'owner' | 'createdAt'>,
): Promise<Attachment> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  const { id, name, size, mediaType } = attachment;
  if (!isUuid(id)) throw fail('request.invalid', 'id must be a lower-case UUID.');
  if (name === '' || name.length > 255) throw fail('request.invalid', 'name must be 1 to 255 characters.');
  if (mediaType === '' || mediaType.length > 255) throw fail('request.invalid', 'mediaType must be a media type.');
  checkText(name);
  checkText(mediaType);
  const [row] = await deps.sql.query<AttachmentRow>(
    `insert into chat.attachments (id, owner_id, name, size, media_type, created_at)
     values ($1, $2, $3, $4, $5, clock_timestamp()) on conflict (id) do nothing returning *`,
    [id, account, name, size, mediaType],
  );
  if (!row) throw fail('conversation.conflict', 'There is an attachment with this id.');
  return toAttachment(row);
}

export async function getAttachment(deps: ChatDeps, ctx: Context, id: AttachmentId): Promise<Attachment> {
  const { account } = requirePrincipal(ctx);
  const row = isUuid(id) ? await findReadableAttachment(deps.sql, account, id) : null;
  if (!row) throw fail('attachment.unknown');
  return toAttachment(row);
}

/** null unless it is the user's own, or shown by a message or as the picture of a conversation that the user may read now. */
export async function findReadableAttachment(
  session: Pick<SqlSession, 'query'>,
  user: AccountId,
  id: AttachmentId,
): Promise<AttachmentRow | null> {
  const [row] = await session.query<AttachmentRow>(
    `select a.* from chat.attachments a where a.id = $1 and (a.owner_id = $2 or exists (
       select 1 from chat.messages m join chat.conversations c on c.id = m.conversation_id and c.deleted_rev is null
       where m.attachment = a.id and m.deleted_at is null and (
         c.visibility = 'public' or (
           exists (select 1 from chat.memberships o
             where o.conversation_id = c.id and o.user_id = $2 and o.left_rev is null)
           and exists (select 1 from chat.memberships s where s.conversation_id = c.id and s.user_id = $2
             and m.seq > s.joined_seq and m.seq <= coalesce(s.left_seq, m.seq)))))
       or exists (
         select 1 from chat.conversations c where c.avatar = a.id::text and c.deleted_rev is null and (
           c.visibility = 'public' or exists (select 1 from chat.memberships o
             where o.conversation_id = c.id and o.user_id = $2 and o.left_rev is null))))`,
    [id, user],
    'chat-attachment',
  );
  return row ?? null;
}

/** `attachment.unknown` for the picture of a conversation that names an attachment `user` may not read: it opens that one to others. */
export async function checkPicture(session: SqlSession, user: AccountId, avatar: string): Promise<void> {
  const attachment = attachmentOf(avatar);
  if (attachment && !(await findReadableAttachment(session, user, attachment))) throw fail('attachment.unknown');
}

function toAttachment(row: AttachmentRow): Attachment {
  return {
    id: row.id,
    owner: row.owner_id,
    name: row.name,
    size: row.size,
    mediaType: row.media_type,
    createdAt: row.created_at,
  };
}
