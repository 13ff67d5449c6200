import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type AttachmentId, isUuid } from '../../../kernel/ids.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { AttachmentUsage } from '../api.ts';
import { type ChatDeps, checkStorage, configOf } from '../deps.ts';
import { unsentMs } from '../reading/attachments.ts';

/**
 * Counts the bytes before they come: uploads at once cannot pass the quota together, and what is refused was never kept. What a
 * crash leaves counts for a day. `request.too_large` over the quota, `conversation.conflict` for an id in use.
 */
export async function reserveAttachment(
  deps: ChatDeps,
  ctx: Context,
  { id, size }: { readonly id: AttachmentId; readonly size: number },
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  if (!isUuid(id)) throw fail('request.invalid', 'id must be a lower-case UUID.');
  if (!Number.isSafeInteger(size) || size < 0) throw fail('request.invalid', 'size must be a number of bytes.');
  const quota = configOf(deps).attachmentQuotaBytes;
  await deps.sql.transaction(async (tx) => {
    // One upload of an account after the other: the sum is of a statement that begins when the lock is held.
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('attachments of ' || $1, 0))`, [account]);
    const used = await sumBytes(tx, account);
    if (used + size > quota) throw fail('request.too_large', describeFull(used, size, quota));
    const rows = await tx.query(
      `insert into chat.attachments (id, owner_id, name, size, media_type, created_at, state, check_at)
       values ($1, $2, '', $3, '', clock_timestamp(), 'incoming', to_timestamp($4::float8 / 1000))
       on conflict (id) do nothing returning 1`,
      [id, account, size, deps.clock.wall() + unsentMs],
    );
    if (rows.length === 0) throw fail('conversation.conflict', 'There is an attachment with this id.');
  });
}

/** What counts is what takes room: also bytes that are on their way, and those that are about to go. */
export async function getAttachmentUsage(deps: ChatDeps, ctx: Context): Promise<AttachmentUsage> {
  const { account } = requirePrincipal(ctx);
  return { usedBytes: await sumBytes(deps.sql, account), quotaBytes: configOf(deps).attachmentQuotaBytes };
}

async function sumBytes(session: Pick<SqlSession, 'query'>, account: AccountId): Promise<number> {
  const [row] = await session.query<{ used: number }>(
    'select coalesce(sum(size), 0)::float8 as used from chat.attachments where owner_id = $1',
    [account],
  );
  return row?.used ?? 0;
}

function describeFull(used: number, size: number, quota: number): string {
  return (
    `Your attachments take ${used} of ${quota} bytes, and this one needs up to ${size}: ` +
    'delete attachments, or messages that show some.'
  );
}
