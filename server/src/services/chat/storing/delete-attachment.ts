import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AttachmentId, isUuid } from '../../../kernel/ids.ts';
import type { ChatDeps } from '../deps.ts';
import { requireAttachment } from '../reading/attachments.ts';
import { isShownSql } from '../reading/visible-sql.ts';
import { listPictures } from './list-pictures.ts';

/** Who has this in hand removes the bytes at once; when they do not, the collector does. */
const removedWithinMs = 600_000;

/**
 * The owner's that nothing shows. The lock waits for messages that are being sent with it, and those that come later find it gone.
 * `attachment.unknown`, `action.forbidden` for somebody else's that one may see, `conversation.conflict` while something shows it.
 */
export async function deleteAttachment(deps: ChatDeps, ctx: Context, id: AttachmentId): Promise<void> {
  const { account } = requirePrincipal(ctx);
  if (!isUuid(id)) throw fail('attachment.unknown');
  const { owner } = await requireAttachment(deps.sql, account, id);
  if (owner !== account) throw fail('action.forbidden', 'Only its owner deletes an attachment.');
  const pictures = await listPictures(deps, ctx, [{ id, owner_id: owner }]);
  await deps.sql.transaction(async (tx) => {
    const [row] = await tx.query(`select 1 from chat.attachments where id = $1 and state = 'stored' for update`, [id]);
    if (!row) throw fail('attachment.unknown');
    // A statement of its own: it sees what was committed before the lock was ours.
    const [dropped] = await tx.query(
      `update chat.attachments a set state = 'dropped', check_at = to_timestamp($2::float8 / 1000)
       where id = $1 and not ${isShownSql('a')} returning 1`,
      [id, deps.clock.wall() + removedWithinMs],
    );
    if (dropped && !pictures.has(id)) return;
    throw fail('conversation.conflict', 'A message or a picture shows this attachment: delete or change that first.');
  });
}
