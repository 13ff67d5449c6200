import type { Clock } from '../../../kernel/clock.ts';
import { conversationLimits } from '../../../model/conversation.ts';
import type { EphemeralDelivery } from '../../../model/delivery.ts';
import type { HubIndex } from '../hub-index.ts';
import type { Blockers } from '../presence/blockers.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { FanOut } from './fan-out.ts';
import { createReceipts } from './receipts.ts';

/** What is never stored: typing, receipts, ephemeral messages. May be lost; kept small in big conversations (rule 19). */
export interface Ephemerals {
  accept(event: EphemeralDelivery): void;
  /** Tells the receipts that have gathered long enough. */
  sweep(): void;
}

export function createEphemerals(deps: {
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly receiptMs: number;
  readonly blockers: Pick<Blockers, 'hides' | 'against'>;
}): Ephemerals {
  const { index, fanOut, blockers } = deps;
  const receipts = createReceipts(deps);

  function typing(served: ServedConversation, event: Extract<EphemeralDelivery, { kind: 'typing' }>): void {
    if (served.members.size > conversationLimits.ephemeralTo) return;
    const others = served
      .audience()
      .filter(({ user }) => user.id !== event.user && !blockers.hides(event.user, user.id));
    fanOut.tell(others, event, { served });
  }

  return {
    accept(event) {
      if (event.kind === 'receipt') {
        receipts.accept(event);
        return;
      }
      const served = index.served.get(event.conversation);
      if (!served) return;
      if (event.kind === 'typing') typing(served, event);
      else fanOut.tell(served.audience(), event, { served });
    },
    sweep: receipts.sweep,
  };
}
