import type { Clock } from '../../../kernel/clock.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { conversationLimits } from '../../../model/conversation.ts';
import type { EphemeralDelivery } from '../../../model/delivery.ts';
import { isDirectId } from '../../../model/direct-id.ts';
import type { HubIndex } from '../hub-index.ts';
import type { Blockers } from '../presence/blockers.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { FanOut } from './fan-out.ts';

/** How far members have received and read: gathered, told in sweeps, the highest marks only (rule 19). May be lost. */
export interface Receipts {
  accept(event: Receipt): void;
  /** Tells those that have gathered long enough. */
  sweep(): void;
}

type Receipt = Extract<EphemeralDelivery, { kind: 'receipt' }>;

interface Marks {
  delivered: number;
  read: number;
  /** Monotonic milliseconds of the first one waiting. */
  readonly since: number;
}

export function createReceipts(deps: {
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly receiptMs: number;
  readonly blockers: Pick<Blockers, 'hides' | 'against'>;
}): Receipts {
  const { index, fanOut, clock, blockers } = deps;
  const waiting = new Map<ConversationId, Map<AccountId, Marks>>();
  /** Blocks are being read for those of direct conversations; what comes meanwhile gathers on. */
  let asking = false;

  /** The receipts that are due, taken out. `direct`: of direct conversations, or of all others. */
  function takeDue(direct: boolean): Receipt[] {
    const due = clock.monotonic() - deps.receiptMs;
    const taken: Receipt[] = [];
    for (const [conversation, users] of waiting) {
      if (isDirectId(conversation) !== direct) continue;
      const served = index.served.has(conversation);
      for (const [user, { delivered, read, since }] of users) {
        if (served && since > due) continue;
        users.delete(user);
        if (served) taken.push({ kind: 'receipt', conversation, user, delivered, read });
      }
      if (users.size === 0) waiting.delete(conversation);
    }
    return taken;
  }

  /** Beyond the limit of members only the reader's own devices are told. */
  function tell(event: Receipt, mayHear: (watcher: AccountId) => boolean): void {
    const served = index.served.get(event.conversation);
    if (!served) return;
    const audience = isSmall(served)
      ? served.audience().filter(({ user }) => mayHear(user.id))
      : [...(index.users.get(event.user)?.connections ?? [])];
    fanOut.tell(audience, event, { served });
  }

  /** A block hides both from each other. Whom a reader has been blocked by is known here only of who is connected here. */
  async function tellDirect(): Promise<void> {
    if (asking) return;
    const events = takeDue(true);
    if (events.length === 0) return;
    // The reader's own devices count what is unread by it: they wait for nobody.
    for (const event of events) tell(event, (watcher) => watcher === event.user);
    asking = true;
    const against = await blockers.against([...new Set(events.map(({ user }) => user))]);
    asking = false;
    for (const event of events) {
      const owners = against?.get(event.user);
      const mayHear = (watcher: AccountId) =>
        watcher !== event.user && against !== null && !owners?.has(watcher) && !blockers.hides(event.user, watcher);
      tell(event, mayHear);
    }
  }

  return {
    accept({ conversation, user, delivered, read }) {
      if (!index.served.has(conversation)) return;
      let users = waiting.get(conversation);
      if (!users) {
        users = new Map();
        waiting.set(conversation, users);
      }
      const marks = users.get(user);
      if (!marks) {
        users.set(user, { delivered, read, since: clock.monotonic() });
        return;
      }
      marks.delivered = Math.max(marks.delivered, delivered);
      marks.read = Math.max(marks.read, read);
    },
    sweep() {
      for (const event of takeDue(false)) tell(event, (watcher) => !blockers.hides(event.user, watcher));
      void tellDirect();
    },
  };
}

function isSmall(served: ServedConversation): boolean {
  return served.members.size <= conversationLimits.receiptsTo;
}
