import type { Clock } from '../../../kernel/clock.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { conversationLimits } from '../../../model/conversation.ts';
import type { EphemeralDelivery } from '../../../model/delivery.ts';
import type { HubIndex } from '../hub-index.ts';
import type { Blockers } from '../presence/blockers.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { FanOut } from './fan-out.ts';

/** What is never stored: typing, receipts, ephemeral messages. May be lost; kept small in big conversations (rule 19). */
export interface Ephemerals {
  accept(event: EphemeralDelivery): void;
  /** Tells the receipts that have gathered long enough. */
  sweep(): void;
}

interface Marks {
  delivered: number;
  read: number;
  /** Monotonic milliseconds of the first one waiting. */
  readonly since: number;
}

export function createEphemerals(deps: {
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly receiptMs: number;
  readonly blockers: Pick<Blockers, 'hides'>;
}): Ephemerals {
  const { index, fanOut, clock, blockers } = deps;
  const waiting = new Map<ConversationId, Map<AccountId, Marks>>();

  function typing(served: ServedConversation, event: Extract<EphemeralDelivery, { kind: 'typing' }>): void {
    if (served.members.size > conversationLimits.ephemeralTo) return;
    const others = served
      .audience()
      .filter(({ user }) => user.id !== event.user && !blockers.hides(event.user, user.id));
    fanOut.tell(others, event, { served });
  }

  function receipt(event: Extract<EphemeralDelivery, { kind: 'receipt' }>): void {
    let users = waiting.get(event.conversation);
    if (!users) {
      users = new Map();
      waiting.set(event.conversation, users);
    }
    const marks = users.get(event.user);
    if (!marks) {
      users.set(event.user, { delivered: event.delivered, read: event.read, since: clock.monotonic() });
      return;
    }
    marks.delivered = Math.max(marks.delivered, event.delivered);
    marks.read = Math.max(marks.read, event.read);
  }

  function tellReceipt(served: ServedConversation, user: AccountId, marks: Marks): void {
    const small = served.members.size <= conversationLimits.receiptsTo;
    // The reader's other devices always learn it: their unread counts depend on it.
    const audience = small
      ? served.audience().filter((connection) => !blockers.hides(user, connection.user.id))
      : [...(index.users.get(user)?.connections ?? [])];
    const { delivered, read } = marks;
    fanOut.tell(audience, { kind: 'receipt', conversation: served.id, user, delivered, read }, { served });
  }

  return {
    accept(event) {
      if (event.kind === 'receipt') {
        if (index.served.has(event.conversation)) receipt(event);
        return;
      }
      const served = index.served.get(event.conversation);
      if (!served) return;
      if (event.kind === 'typing') typing(served, event);
      else fanOut.tell(served.audience(), event, { served });
    },
    sweep() {
      const due = clock.monotonic() - deps.receiptMs;
      for (const [conversation, users] of waiting) {
        const served = index.served.get(conversation);
        for (const [user, marks] of users) {
          if (served && marks.since > due) continue;
          users.delete(user);
          if (served) tellReceipt(served, user, marks);
        }
        if (users.size === 0) waiting.delete(conversation);
      }
    },
  };
}
