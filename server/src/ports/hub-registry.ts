import type { AccountId, ConversationId, HubId } from '../kernel/ids.ts';
import type { Presence } from '../model/presence.ts';

/**
 * Which hubs serve a conversation and which hold connections of a user (MESSAGE-PATH rule 15).
 *
 * Guarantees: what `serve` or `hold` has confirmed is seen by every later `hubsOf…`, from any process. An entry lives as long
 * as its hub renews its lease; a crashed hub disappears by itself. Counter-example: answering from a cache that was filled
 * before a hub's `serve` resolved loses the first messages of that hub.
 */
export interface HubRegistry {
  readonly guarantees: { readonly shared: boolean };
  /**
   * Makes the hub known for `leaseMs`; false when the lease had run out: the hub is deaf (rule 16) and must register anew.
   * The first renewal is no lapse. Before it, and after a lapse, `serve` and `hold` reject with `service.unavailable`.
   */
  renew(hub: HubId, leaseMs: number): Promise<boolean>;
  serve(hub: HubId, conversations: readonly ConversationId[]): Promise<void>;
  release(hub: HubId, conversations: readonly ConversationId[]): Promise<void>;
  hold(hub: HubId, users: readonly AccountId[]): Promise<void>;
  /** Also notes that the users were seen now: `presenceOf` tells it once no hub holds them. */
  drop(hub: HubId, users: readonly AccountId[]): Promise<void>;
  hubsOfConversations(conversations: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, readonly HubId[]>>;
  hubsOfUsers(users: readonly AccountId[]): Promise<ReadonlyMap<AccountId, readonly HubId[]>>;
  /**
   * An entry for every user asked about: online as long as any live hub holds them. When somebody was last seen is forgotten
   * after a month, or earlier where memory is scarce.
   */
  presenceOf(users: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Presence>>;
  /** Live hubs. */
  hubs(): Promise<readonly HubId[]>;
  /** The hub and all its entries. */
  leave(hub: HubId): Promise<void>;
  close(): Promise<void>;
}
