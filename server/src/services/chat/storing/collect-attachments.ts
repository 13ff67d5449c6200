import type { Context } from '../../../kernel/context.ts';
import type { AttachmentId } from '../../../kernel/ids.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { ChatDeps } from '../deps.ts';
import { isShownSql } from '../reading/visible-sql.ts';
import type { AttachmentTotals } from '../trusted-api.ts';
import { listPictures, type OwnedAttachment } from './list-pictures.ts';
import { markForCheck } from './mark-for-check.ts';

/** Until somebody else is given the bytes to remove: who had them has gone. */
const againMs = 600_000;
/** People do not say when a picture changes. */
const pictureMs = 86_400_000;
const atOnce = 100;
const sweptAtOnce = 900;

/**
 * Attachments whose bytes are to be removed now, each until `forgetAttachments` says that they are. A crash anywhere in between
 * means that somebody is told of them again.
 */
export async function collectAttachments(deps: ChatDeps, ctx: Context): Promise<readonly AttachmentId[]> {
  while (await sweep(deps));
  const now = deps.clock.wall();
  const due = await deps.sql.query<OwnedAttachment>(
    `select id, owner_id from chat.attachments where check_at <= to_timestamp($1::float8 / 1000)
     order by check_at limit ${atOnce}`,
    [now],
  );
  const pictures = await listPictures(deps, ctx, due);
  if (due.length === 0) return [];
  return await deps.sql.transaction((tx) => dropUnshown(tx, now, due, pictures));
}

async function dropUnshown(
  tx: SqlSession,
  now: number,
  due: readonly OwnedAttachment[],
  pictures: ReadonlySet<string>,
): Promise<readonly AttachmentId[]> {
  // Nobody is waited for: what is being sent, or is in another collector's hands, is looked at the next time.
  const locked = await tx.query<{ id: AttachmentId }>(
    `select id from chat.attachments where id = any($1::uuid[]) and check_at <= to_timestamp($2::float8 / 1000)
     for update skip locked`,
    [due.map(({ id }) => id), now],
  );
  // A statement of its own: it sees every message that was committed before the locks were ours.
  const rows = await tx.query<{ id: AttachmentId; dropped: boolean }>(
    `update chat.attachments a set
       state = case when state = 'stored' and (look.shown or look.picture) then 'stored' else 'dropped' end,
       check_at = case when state <> 'stored' or not (look.shown or look.picture) then to_timestamp($3::float8 / 1000)
                       when look.shown then null else to_timestamp($4::float8 / 1000) end
     from (select b.id, ${isShownSql('b')} as shown, b.id = any($2::uuid[]) as picture
           from chat.attachments b where b.id = any($1::uuid[]) offset 0) look
     where a.id = look.id returning a.id, a.state = 'dropped' as dropped`,
    [
      locked.map(({ id }) => id),
      due.map(({ id }) => id).filter((id) => pictures.has(id)),
      now + againMs,
      now + pictureMs,
    ],
  );
  return rows.filter(({ dropped }) => dropped).map(({ id }) => id);
}

/** A piece of a deleted conversation; false: there is none. */
async function sweep(deps: ChatDeps): Promise<boolean> {
  return await deps.sql.transaction(async (tx) => {
    const [task] = await tx.query<{ conversation_id: string; after_seq: number }>(
      'select conversation_id, after_seq::float8 from chat.attachment_sweeps limit 1 for update skip locked',
    );
    if (!task) return false;
    const messages = await tx.query<{ seq: number; attachment: string | null }>(
      `select seq::float8, attachment from chat.messages where conversation_id = $1 and seq > $2
       order by seq limit ${sweptAtOnce}`,
      [task.conversation_id, task.after_seq],
    );
    await markForCheck(
      tx,
      messages.map(({ attachment }) => attachment),
    );
    await tx.query(
      messages.length < sweptAtOnce
        ? 'delete from chat.attachment_sweeps where conversation_id = $1 and $2::bigint is not null'
        : 'update chat.attachment_sweeps set after_seq = $2 where conversation_id = $1',
      [task.conversation_id, messages.at(-1)?.seq ?? 0],
    );
    return true;
  });
}

/** Their bytes are gone, or never came. Of the caller's own, of anybody's when the program asks; what is stored is not forgotten. */
export async function forgetAttachments(deps: ChatDeps, ctx: Context, ids: readonly AttachmentId[]): Promise<void> {
  await deps.sql.query(
    `delete from chat.attachments where id = any($1::uuid[]) and state <> 'stored' and ($2::uuid is null or owner_id = $2)`,
    [ids, ctx.principal?.account ?? null],
  );
}

/** Those that have no row at all. */
export async function listUnknownAttachments(
  deps: ChatDeps,
  ids: readonly AttachmentId[],
): Promise<readonly AttachmentId[]> {
  const rows = await deps.sql.query<{ id: AttachmentId }>(
    `select given.id from unnest($1::uuid[]) given(id)
     where not exists (select 1 from chat.attachments a where a.id = given.id)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

export async function getAttachmentTotals(deps: ChatDeps): Promise<AttachmentTotals> {
  const [row] = await deps.sql.query<AttachmentTotals>(
    `select coalesce(sum(size), 0)::float8 as "storedBytes",
       coalesce(sum(size) filter (where check_at <= to_timestamp($1::float8 / 1000) or state = 'dropped'), 0)::float8
         as "reclaimableBytes" from chat.attachments`,
    [deps.clock.wall()],
  );
  return row ?? { storedBytes: 0, reclaimableBytes: 0 };
}
