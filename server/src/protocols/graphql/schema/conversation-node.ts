import type { Context } from '../../../kernel/context.ts';
import type { Profile } from '../../../model/account.ts';
import type { ConversationView } from '../../../services/chat/api.ts';
import { type ProfileReader, profileOf } from '../../shared/profile-reader.ts';
import { describeMessages, type MessageView } from './message-view.ts';

/** A conversation as the caller sees it, with everybody whom its summary names. */
export interface ConversationNode extends ConversationView {
  readonly last: MessageView | null;
  readonly other: Profile | null;
}

/** Conversations with the last message, its sender and the other one of a direct conversation, who are asked for once. */
export async function describeConversations(
  services: { readonly profiles: ProfileReader },
  ctx: Context,
  views: readonly ConversationView[],
): Promise<readonly ConversationNode[]> {
  const peers = views.flatMap(({ peer }) => peer ?? []);
  const [profiles, messages] = await Promise.all([
    peers.length > 0 ? services.profiles.read(ctx, peers) : new Map(),
    describeMessages(
      services,
      ctx,
      views.flatMap(({ lastMessage }) => lastMessage ?? []),
    ),
  ]);
  const byConversation = new Map(messages.map((last) => [last.conversationId, last]));
  return views.map((view) => ({
    ...view,
    last: byConversation.get(view.id) ?? null,
    other: view.peer === null ? null : profileOf(profiles, view.peer),
  }));
}

export async function describeConversation(
  services: { readonly profiles: ProfileReader },
  ctx: Context,
  view: ConversationView,
): Promise<ConversationNode> {
  return (await describeConversations(services, ctx, [view]))[0] as ConversationNode;
}
