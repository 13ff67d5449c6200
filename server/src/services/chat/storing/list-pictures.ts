import type { Context } from '../../../kernel/context.ts';
import type { AccountId, AttachmentId } from '../../../kernel/ids.ts';
import type { ChatDeps } from '../deps.ts';

export interface OwnedAttachment {
  readonly id: AttachmentId;
  readonly owner_id: AccountId;
}

/** Those that their owners show as their own picture: only people knows. */
export async function listPictures(
  deps: Pick<ChatDeps, 'people'>,
  ctx: Context,
  attachments: readonly OwnedAttachment[],
): Promise<ReadonlySet<string>> {
  if (attachments.length === 0) return new Set();
  const profiles = await deps.people.getProfiles(ctx, [...new Set(attachments.map(({ owner_id }) => owner_id))]);
  return new Set(profiles.flatMap(({ avatar }) => avatar ?? []));
}
