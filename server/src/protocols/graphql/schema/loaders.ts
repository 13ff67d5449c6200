import DataLoader from 'dataloader';
import type { Context } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import type { Membership } from '../../../model/conversation.ts';
import { neverSeen, type Presence } from '../../../model/presence.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import { type ConversationNode, describeConversations } from './conversation-node.ts';
import type { OperationServices } from './operation-services.ts';

interface MembersKey {
  readonly conversation: ConversationId;
  readonly limit: number;
  readonly after?: string;
}

/** One call of a service for all that one operation asks of it at once, however deep in lists it asks. */
export interface Loaders {
  readonly profiles: DataLoader<AccountId, Profile>;
  readonly presence: DataLoader<AccountId, Presence>;
  /** null: not one of mine, or gone meanwhile. */
  readonly conversations: DataLoader<ConversationId, ConversationNode | null>;
  readonly members: DataLoader<MembersKey, { readonly items: readonly Membership[]; readonly next: string | null }>;
}

type LoaderServices = Pick<OperationServices, 'profiles' | 'presence' | 'chat'>;

export function createLoaders({ profiles, presence, chat }: LoaderServices, ctx: Context): Loaders {
  return {
    profiles: new DataLoader(async (ids) => {
      const found = await profiles.read(ctx, ids);
      return ids.map((id) => profileOf(found, id));
    }),
    presence: new DataLoader(async (ids) => {
      const found = await presence.presenceOf(ctx, ids);
      return ids.map((id) => found.get(id) ?? neverSeen);
    }),
    conversations: new DataLoader(
      async (ids) => {
        const nodes = await describeConversations({ profiles }, ctx, await chat.getConversations(ctx, ids));
        const found = new Map(nodes.map((node) => [node.id, node]));
        return ids.map((id) => found.get(id) ?? null);
      },
      { maxBatchSize: 200 },
    ),
    members: new DataLoader(
      (keys) =>
        chat.listMembersOf(
          ctx,
          keys.map(({ conversation: id, ...page }) => ({ id, page })),
        ),
      // Keys are objects, each a question of its own.
      { cache: false, maxBatchSize: 200 },
    ),
  };
}
