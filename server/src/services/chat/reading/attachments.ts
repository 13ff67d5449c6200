import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type AttachmentId, isUuid } from '../../../kernel/ids.ts';
import { attachmentOf } from '../../../model/avatar.ts';
import { checkText } from '../../../model/content.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Attachment } from '../api.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { maySeeAttachmentSql } from './visible-sql.ts';

/** How long an upload may wait to be sent. */
export const unsentMs = 86_400_000;

interface AttachmentRow {
  readonly id: AttachmentId;
  readonly owner_id: AccountId;
  readonly name: string;
  readonly size: number;
  readonly media_type: string;
  readonly created_at: string;
}

/** The caller becomes the owner; takes the place of what they reserved. `request.invalid`, `conversation.conflict` for an id in use. */
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
    `insert into chat.attachments as a (id, owner_id, name, size, media_type, created_at, check_at)
     values ($1, $2, $3, $4, $5, clock_timestamp(), to_timestamp($6::float8 / 1000))
     on conflict (id) do update set name = excluded.name, size = excluded.size, media_type = excluded.media_type,
       created_at = excluded.created_at, check_at = excluded.check_at, state = 'stored'
     where a.state = 'incoming' and a.owner_id = excluded.owner_id returning *`,
    [id, account, name, size, mediaType, deps.clock.wall() + unsentMs],
  );
  if (!row) throw fail('conversation.conflict', 'There is an attachment with this id.');
  return toAttachment(row);
}

export async function getAttachment(deps: ChatDeps, ctx: Context, id: AttachmentId): Promise<Attachment> {
  const { account } = requirePrincipal(ctx);
  if (!isUuid(id)) throw fail('attachment.unknown');
  const [row] = await deps.sql.query<AttachmentRow & { readonly seen: boolean }>(
    `select a.*, ${maySeeAttachmentSql('a', '$2')} as seen from chat.attachments a where a.id = $1`,
    [id, account],
    'chat-attachment-read',
  );
  if (!row || !(row.seen || (await isPictureOf(deps, ctx, row.owner_id, id)))) throw fail('attachment.unknown');
  return toAttachment(row);
}

/** Whether its owner has made it the picture of their profile, which everybody may see. */
async function isPictureOf({ people }: ChatDeps, ctx: Context, owner: AccountId, id: AttachmentId): Promise<boolean> {
  const [profile] = await people.getProfiles(ctx, [owner]);
  return profile?.avatar === id;
}

/**
 * `attachment.unknown` unless the user may see it: then they may show it to others as well. `kept`: until the transaction ends, which
 * shows it; who removes what nothing shows waits for that.
 */
export async function requireAttachment(
  session: Pick<SqlSession, 'query'>,
  user: AccountId,
  id: AttachmentId,
  kept = false,
): Promise<Attachment> {
  const [row] = await session.query<AttachmentRow>(
    `select a.* from chat.attachments a where a.id = $1 and ${maySeeAttachmentSql('a', '$2')}${kept ? ' for key share of a' : ''}`,
    [id, user],
    kept ? 'chat-attachment-kept' : 'chat-attachment',
  );
  if (!row) throw fail('attachment.unknown');
  return toAttachment(row);
}

/** `attachment.unknown` for the picture of a conversation that names an attachment `user` may not read: it opens that one to others. */
export async function checkPicture(session: SqlSession, user: AccountId, avatar: string): Promise<void> {
  const attachment = attachmentOf(avatar);
  if (attachment) await requireAttachment(session, user, attachment, true);
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
