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
import type { Profiles } from './profiles.ts';

const pageSize = 500;

/** One page of what a hub has missed, and how far it leads. */
export interface Missed {
  readonly deliveries: readonly DurableDelivery[];
  readonly rev: number;
}

/** Fetches the changes after the rev delivered here, to `target` or beyond (rules 8, 12, 16): a page, in rising rev. */
export type Repair = (served: ServedConversation, target: number, baseSeq: number) => Promise<Missed>;

export function createRepair(deps: {
  readonly chat: Pick<TrustedChatApi, 'repair'>;
  readonly profiles: Profiles;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly metrics: Metrics;
}): Repair {
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

/**
 * Rows in their present state as the deliveries they stand for. A message that the hub had not delivered (`seq` above
 * `baseSeq`) is new whatever happened to it since; any other has been edited or deleted, as far as a reader can tell.
 */
export function toDeliveries(
  page: { readonly messages: readonly Message[]; readonly memberships: readonly Membership[] },
  baseSeq: number,
): readonly DurableDelivery[] {
  const deliveries: DurableDelivery[] = [];
  for (const message of page.messages) {
    const { conversation, rev, seq } = message;
    if (rev === null || seq === null) continue;
    if (seq > baseSeq) deliveries.push({ kind: 'message', conversation, rev, message });
    else if (message.deletedAt !== null) deliveries.push({ kind: 'deleted', conversation, rev, seq });
    else deliveries.push({ kind: 'edited', conversation, rev, message });
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
