import type { AccountId, ConversationId, HubId } from '../../kernel/ids.ts';
import { type Delivery, isOfUser } from '../../model/delivery.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';

/**
 * Which hub gets which deliveries, in their order. The registry is asked once for all (rule 15): by conversation, and by user
 * for what is one user's own, and for who is told before their hub serves the conversation: new members. What follows in
 * a conversation that somebody has just joined goes to that hub as well: it may not have registered the conversation yet.
 */
export async function addressDeliveries(
  registry: HubRegistry,
  deliveries: readonly Delivery[],
): Promise<Map<HubId, Delivery[]>> {
  const conversations = new Set<ConversationId>();
  const users = new Set<AccountId>();
  for (const delivery of deliveries) {
    if (isOfUser(delivery)) users.add(delivery.user);
    else conversations.add(delivery.conversation);
    if (delivery.kind === 'members') for (const member of delivery.members) users.add(member.user);
  }
  const [serving, holding] = await Promise.all([
    registry.hubsOfConversations([...conversations]),
    users.size > 0 ? registry.hubsOfUsers([...users]) : new Map<AccountId, readonly HubId[]>(),
  ]);
  const joined = new Map<ConversationId, Set<HubId>>();
  const perHub = new Map<HubId, Delivery[]>();
  for (const delivery of deliveries) {
    for (const hub of hubsOf(delivery)) {
      const queue = perHub.get(hub);
      if (queue) queue.push(delivery);
      else perHub.set(hub, [delivery]);
    }
  }
  return perHub;

  function hubsOf(delivery: Delivery): Iterable<HubId> {
    if (isOfUser(delivery)) return holding.get(delivery.user) ?? [];
    const { conversation } = delivery;
    const hubs = serving.get(conversation) ?? [];
    if (delivery.kind === 'members') {
      const wider = joined.get(conversation) ?? new Set(hubs);
      for (const { user } of delivery.members) for (const hub of holding.get(user) ?? []) wider.add(hub);
      joined.set(conversation, wider);
    }
    return joined.get(conversation) ?? hubs;
  }
}
