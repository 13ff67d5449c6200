import type { AccountId, ConversationId } from '../kernel/ids.ts';
import type { Conversation, Membership, Preferences } from './conversation.ts';
import type { Message } from './message.ts';

/**
 * One change on its way to the people concerned: what the router makes of a committed row change, and the hub of a repaired
 * hole. Durable deliveries carry the conversation's rev; each rev of a conversation has exactly one.
 */
export type Delivery = DurableDelivery | EphemeralDelivery | UserDelivery;

/** To the members whose stay holds it; in rising rev per conversation, each rev once (rules 8, 16, 17). */
export type DurableDelivery =
  | { readonly kind: 'message'; readonly conversation: ConversationId; readonly rev: number; readonly message: Message }
  | { readonly kind: 'edited'; readonly conversation: ConversationId; readonly rev: number; readonly message: Message }
  | { readonly kind: 'deleted'; readonly conversation: ConversationId; readonly rev: number; readonly seq: number }
  | {
      readonly kind: 'reaction';
      readonly conversation: ConversationId;
      readonly rev: number;
      readonly seq: number;
      readonly user: AccountId;
      readonly emoji: string;
      readonly on: boolean;
    }
  | {
      readonly kind: 'pinned';
      readonly conversation: ConversationId;
      readonly rev: number;
      readonly seq: number;
      readonly user: AccountId;
      readonly on: boolean;
    }
  | {
      /** Someone joined, left or changed role; for one rev there may be several members, told together. */
      readonly kind: 'members';
      readonly conversation: ConversationId;
      readonly rev: number;
      readonly members: readonly Membership[];
      /** True when the same rev created the conversation. */
      readonly created: boolean;
    }
  | {
      readonly kind: 'conversation';
      readonly conversation: ConversationId;
      readonly rev: number;
      readonly change: 'updated' | 'deleted';
      readonly settings: Pick<Conversation, 'kind' | 'name' | 'topic' | 'avatar' | 'visibility' | 'history'>;
    };

/** Never stored, no rev; may be lost. */
export type EphemeralDelivery =
  | { readonly kind: 'ephemeral'; readonly conversation: ConversationId; readonly message: Message }
  | { readonly kind: 'typing'; readonly conversation: ConversationId; readonly user: AccountId; readonly on: boolean }
  | {
      readonly kind: 'receipt';
      readonly conversation: ConversationId;
      readonly user: AccountId;
      readonly delivered: number;
      readonly read: number;
    };

/** To every connection of one user, whatever conversations it follows. */
export type UserDelivery =
  | { readonly kind: 'revoked'; readonly user: AccountId; readonly sessions: readonly string[] | 'all' }
  /** All of them, as they are now. */
  | ({ readonly kind: 'preferences' } & Preferences);

export function isOfUser(d: Delivery): d is UserDelivery {
  return d.kind === 'revoked' || d.kind === 'preferences';
}

export function isDurable(d: Delivery): d is DurableDelivery {
  return 'rev' in d;
}
