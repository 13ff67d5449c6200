import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { ChatDeps } from '../deps.ts';
import type { Pair } from '../reading/readers.ts';
import type { KnownMember, MemberCache } from './member-cache.ts';

/**
 * A message that is delivered to who is connected and never stored: no seq, no rev, no history. Same rights as sending:
 * `conversation.forbidden`, `action.forbidden`; `actor.mismatch` when the draft names another sender.
 */
export async function sendEphemeral(
  deps: ChatDeps,
  members: MemberCache,
  ctx: Context,
  draft: Draft,
): Promise<{ readonly createdAt: string }> {
  const { account } = requirePrincipal(ctx);
  if (draft.sender !== account) throw fail('actor.mismatch');
  await requireSender(members, { conversation: draft.conversation, user: account });
  const createdAt = new Date(deps.clock.wall()).toISOString();
  const { conversation, id, sender, content, replyTo, thread, mentions } = draft;
  const fresh = { seq: null, rev: null, createdAt, editedAt: null, deletedAt: null, reactions: '{}', pinned: false };
  const message = { conversation, id, sender, content, replyTo, thread, mentions, ...fresh };
  await deps.router.route(ctx, [{ kind: 'ephemeral', conversation, message }]);
  return { createdAt };
}

/** Told to nobody in a conversation of more than a thousand (rule 19). */
export async function setTyping(
  deps: ChatDeps,
  members: MemberCache,
  ctx: Context,
  id: ConversationId,
  on: boolean,
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  const member = await requireSender(members, { conversation: id, user: account });
  if (member.crowded) return;
  await deps.router.route(ctx, [{ kind: 'typing', conversation: id, user: account, on }]);
}

async function requireSender(members: MemberCache, pair: Pair): Promise<KnownMember> {
  const member = await members.get(pair);
  if (member.role === null) throw fail('conversation.forbidden');
  if (member.role === 'reader') throw fail('action.forbidden', 'Readers cannot send to this conversation.');
  if (member.blocked) throw fail('action.forbidden', 'One of you has blocked the other.');
  return member;
}
