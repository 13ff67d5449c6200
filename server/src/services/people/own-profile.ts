import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import { attachmentOf } from '../../model/avatar.ts';
import { type ProfileRow, profileColumns, toProfile } from '../../model/people-rows.ts';
import type { OwnProfile, PeopleApi } from './api.ts';
import { parseProfileChange } from './parse-profile-change.ts';
import type { Parts } from './parts.ts';
import { insertProfiles, type Queryable, readProfiles, readSettings, writeSearch } from './store.ts';

export async function getOwn(parts: Parts, ctx: Context): Promise<OwnProfile> {
  const { account } = requirePrincipal(ctx);
  const row = await readOrCreate(parts, ctx, account);
  return { ...toProfile(row), settings: await readSettings(parts.sql, account) };
}

export async function updateOwn(
  parts: Parts,
  ctx: Context,
  asked: Parameters<PeopleApi['updateOwn']>[1],
): Promise<OwnProfile> {
  const { account } = requirePrincipal(ctx);
  const change = parseProfileChange(asked);
  const before = await readOrCreate(parts, ctx, account);
  if (change.avatar && change.avatar !== before.avatar) await checkPicture(parts, ctx, change.avatar);
  const own = await parts.sql.transaction(async (tx) => {
    const [row] = await tx.query<ProfileRow>(
      `update people.profiles set name = coalesce($2, name), about = case when $3 then $4 else about end,
         avatar = case when $5 then $6 else avatar end, version = version + $7
       where id = $1 and not deleted returning ${profileColumns}`,
      [
        account,
        change.name ?? null,
        change.about !== undefined,
        change.about ?? null,
        change.avatar !== undefined,
        change.avatar ?? null,
        isShown(change) ? 1 : 0,
      ],
    );
    if (!row) throw fail('account.unknown');
    if (change.name !== undefined) await writeSearch(tx, [row]);
    if (change.settings !== undefined) await writeSettings(tx, account, change.settings);
    return { ...toProfile(row), settings: await readSettings(tx, account) };
  });
  parts.cache.forget([account]);
  return own;
}

/** Others see what it changes. */
function isShown({ name, about, avatar }: Parameters<PeopleApi['updateOwn']>[1]): boolean {
  return name !== undefined || about !== undefined || avatar !== undefined;
}

/** Whoever is shown a profile may load its picture, which is for the attachment's owner to allow: `attachment.unknown` of another's. */
async function checkPicture({ chat }: Parts, ctx: Context, avatar: string): Promise<void> {
  const attachment = attachmentOf(avatar);
  if (!attachment) return;
  const { owner } = await chat.getAttachment(ctx, attachment);
  if (owner !== requirePrincipal(ctx).account) throw fail('attachment.unknown');
}

/** The profile may be asked for before the account's change has arrived. `account.unknown` once the account is deleted. */
async function readOrCreate(parts: Parts, ctx: Context, account: AccountId): Promise<ProfileRow> {
  let [row] = await readProfiles(parts.sql, [account]);
  if (!row) {
    const late = await parts.identity.getAccounts(ctx, [account]);
    await parts.sql.transaction((tx) => insertProfiles(tx, late));
    [row] = await readProfiles(parts.sql, [account]);
  }
  if (!row || row.deleted) throw fail('account.unknown');
  return row;
}

async function writeSettings(tx: Queryable, account: AccountId, settings: string): Promise<void> {
  await tx.query(
    `insert into people.settings (id, settings) values ($1, $2)
     on conflict (id) do update set settings = excluded.settings`,
    [account, settings],
  );
}
