import { type Context, type Principal, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { Standing } from '../../../ports/policy.ts';
import { requireAllowed } from '../deciding/require-allowed.ts';
import type { ChangeDeps } from '../deps.ts';
import type { KnownMember, MemberCache } from './member-cache.ts';

/**
 * A message that is delivered to who is connected and never stored: no seq, no rev, no history. Same rights as sending:
 * `conversation.forbidden`, `action.forbidden`; `actor.mismatch` when the draft names another sender.
 */
export async function sendEphemeral(
  deps: ChangeDeps,
  members: MemberCache,
  ctx: Context,
  draft: Draft,
): Promise<{ readonly createdAt: string }> {
  const principal = requirePrincipal(ctx);
  const { conversation, id, sender, content, replyTo, thread, mentions } = draft;
  const { standing } = await findKnown(members, principal, conversation);
  requireAllowed(deps.decide('sendEphemeral', principal, { ...standing, sender }));
  const createdAt = new Date(deps.clock.wall()).toISOString();
  const fresh = { seq: null, rev: null, createdAt, editedAt: null, deletedAt: null, reactions: '{}', pinned: false };
  const message = { conversation, id, sender, content, replyTo, thread, mentions, ...fresh };
  await deps.router.route(ctx, [{ kind: 'ephemeral', conversation, message }]);
  return { createdAt };
}

/** Told to nobody in a conversation of more than a thousand (rule 19). */
export async function setTyping(
  deps: ChangeDeps,
  members: MemberCache,
  ctx: Context,
  id: ConversationId,
  on: boolean,
): Promise<void> {
  const principal = requirePrincipal(ctx);
  const { standing, crowded } = await findKnown(members, principal, id);
  requireAllowed(deps.decide('setTyping', principal, standing));
  if (crowded) return;
  await deps.router.route(ctx, [{ kind: 'typing', conversation: id, user: principal.account, on }]);
}

/** Without the lock: what is remembered is enough for what is never stored. */
async function findKnown(
  members: MemberCache,
  { account }: Principal,
  conversation: ConversationId,
): Promise<KnownMember & { readonly standing: Standing }> {
  const { standing, crowded } = await members.get({ conversation, user: account });
  if (!standing) throw fail('conversation.forbidden');
  return { standing, crowded };
}
