import { systemContext } from '../../../kernel/context.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Metrics } from '../../../kernel/metrics.ts';
import type { Membership } from '../../../model/conversation.ts';
import type { DurableDelivery } from '../../../model/delivery.ts';
import type { Message } from '../../../model/message.ts';
import type { TrustedChatApi } from '../../chat/trusted-api.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { ContentDelivery } from './fan-out.ts';
import type { Profiles } from './profiles.ts';

const pageSize = 500;

/** One page of what a hub has missed, and how far it leads. */
export interface Missed {
  readonly deliveries: readonly DurableDelivery[];
  readonly rev: number;
}

/** Fetches the changes after the rev delivered here, to `target` or beyond (rules 8, 12, 16): a page, in rising rev. */
export type FetchMissed = (served: ServedConversation, target: number, baseSeq: number) => Promise<Missed>;

export function createFetchMissed(deps: {
  readonly chat: Pick<TrustedChatApi, 'repair'>;
  readonly profiles: Profiles;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly metrics: Metrics;
}): FetchMissed {
  const repairs = deps.metrics.counter('parley_realtime_repairs_total', 'Holes fetched from the database.');
  return async (served, target, baseSeq) => {
    repairs.add();
    deps.log.info(
      { conversation: served.id, from: served.lastRev, to: target },
      'fetching changes that did not arrive',
    );
    const request = { conversation: served.id, rev: served.lastRev, minRev: target, limit: pageSize };
    const page = await insist(deps.scheduler, () => deps.chat.repair(systemContext('realtime.repair'), request));
    await deps.profiles.load(page.messages.map((message) => message.sender));
    return { deliveries: toDeliveries(page, baseSeq), rev: page.rev };
  };
}

/** Rows in their present state as the deliveries they stand for, to a hub that has delivered the messages up to `baseSeq`. */
export function toDeliveries(
  page: { readonly messages: readonly Message[]; readonly memberships: readonly Membership[] },
  baseSeq: number,
): readonly DurableDelivery[] {
  const deliveries: DurableDelivery[] = [];
  for (const message of page.messages) {
    const delivery = toDelivery(message, baseSeq);
    if (delivery) deliveries.push(delivery);
  }
  const byRev = new Map<number, Membership[]>();
  for (const membership of page.memberships) {
    const told = byRev.get(membership.rev);
    if (told) told.push(membership);
    else byRev.set(membership.rev, [membership]);
  }
  for (const [rev, members] of byRev) {
    const conversation = members[0]?.conversation;
    if (conversation) deliveries.push({ kind: 'members', conversation, rev, members, created: false });
  }
  return deliveries.sort((a, b) => a.rev - b.rev);
}

/**
 * A message in its present state, to who knows those up to `baseSeq`: a later one is new whatever happened to it since; any other has
 * been edited or deleted, as far as a reader can tell. null: it was never stored.
 */
export function toDelivery(message: Message, baseSeq: number): ContentDelivery | null {
  const { conversation, rev, seq } = message;
  if (rev === null || seq === null) return null;
  if (seq > baseSeq) return { kind: 'message', conversation, rev, message };
  if (message.deletedAt !== null) return { kind: 'deleted', conversation, rev, seq };
  return { kind: 'edited', conversation, rev, message };
}
