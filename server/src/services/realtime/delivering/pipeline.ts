import type { Log } from '../../../kernel/log.ts';
import type { DurableDelivery } from '../../../model/delivery.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { HubIndex } from '../hub-index.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { ContentDelivery, FanOut } from './fan-out.ts';
import type { FetchMissed } from './fetch-missed.ts';
import type { Members } from './members.ts';

/** Changes that may wait for one conversation, and their bytes; more are forgotten and fetched from the database instead. */
const mostWaiting = { changes: 10_000, bytes: 16 * 1024 * 1024 } as const;

/**
 * The order of one conversation on this hub (rule 16): a rev not above the last one is a repeat and dropped, the next one is
 * delivered, a later one means a hole, which is fetched before anything else goes on. Without holes and newcomers all of it
 * happens at once; otherwise what comes meanwhile waits its turn.
 */
export interface Pipeline {
  accept(served: ServedConversation, changes: readonly DurableDelivery[]): void;
  /** Makes the conversation's changes wait for `first`; resolves, never rejects, when nothing is waiting any more. */
  begin(served: ServedConversation, first?: Promise<void>): Promise<void>;
  /** Fetches up to this rev, if it has not been delivered by then. Resolves, never rejects, when that is done. */
  reach(served: ServedConversation, rev: number): Promise<void>;
}

/** Bytes of changes in memory, roughly: only the texts of messages vary enough to matter. */
function weigh(changes: readonly DurableDelivery[]): number {
  let bytes = 512 * changes.length;
  for (const change of changes) if ('message' in change) bytes += 2 * (change.message.content?.length ?? 0);
  return bytes;
}

function isBehind(served: ServedConversation): boolean {
  return served.waiting.length > 0 || served.target > served.lastRev;
}

export function createPipeline(deps: {
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly members: Members;
  readonly fetchMissed: FetchMissed;
  readonly log: Log;
  /** The conversation cannot be kept right: its connections have to resume. */
  lose(connections: readonly LiveConnection[]): void;
}): Pipeline {
  const { index, fanOut, members, log } = deps;

  function accept(served: ServedConversation, changes: readonly DurableDelivery[]): void {
    if (served.busy) {
      keep(served, changes);
      return;
    }
    // One change may empty the conversation of local members and the next fill it again: it is released after both.
    served.claims++;
    try {
      const { taken, wait } = advance(served, changes, true);
      if (taken < changes.length || wait) {
        served.waiting = changes.slice(taken);
        void begin(served, wait);
      }
    } catch (error) {
      giveUp(served, error);
    }
    unclaim(served);
  }

  /** Whoever has not heard all of it has to resume; what comes next is a hole, and fetched. */
  function giveUp(served: ServedConversation, err: unknown): void {
    log.error({ err, conversation: served.id }, 'changes could not be delivered; the connections have to resume');
    served.waiting = [];
    served.target = 0;
    deps.lose([...served.audience()]);
  }

  function unclaim(served: ServedConversation): void {
    served.claims--;
    index.releaseIfEmpty(served);
  }

  function keep(served: ServedConversation, changes: readonly DurableDelivery[]): void {
    for (const change of changes) served.waiting.push(change);
    if (served.waiting.length <= mostWaiting.changes && weigh(served.waiting) <= mostWaiting.bytes) return;
    for (const change of served.waiting) served.target = Math.max(served.target, change.rev);
    served.waiting = [];
  }

  /**
   * Delivers as far as possible at once. The position moves when a change is with every connection that can take it, never ahead
   * (rule 32): what is at or below it nobody looks for any more. `strict`: stops at a hole; a repair's changes may skip revs that were overtaken.
   */
  function advance(
    served: ServedConversation,
    changes: readonly DurableDelivery[],
    strict: boolean,
  ): { readonly taken: number; readonly wait?: Promise<void> | undefined } {
    let run: ContentDelivery[] = [];
    const send = () => {
      if (run.length > 0) tell(served, run);
      run = [];
    };
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i] as DurableDelivery;
      const before = run.at(-1)?.rev ?? served.lastRev;
      if (change.rev <= before) {
        if (change.kind !== 'members') continue;
        send();
        members.late(served, change);
        continue;
      }
      if (strict && change.rev !== before + 1) {
        send();
        return { taken: i };
      }
      if (change.kind !== 'members' && change.kind !== 'conversation') {
        run.push(change);
        continue;
      }
      send();
      const wait = change.kind === 'members' ? members.apply(served, change) : members.settings(served, change);
      served.lastRev = change.rev;
      if (wait) return { taken: i + 1, wait };
    }
    send();
    return { taken: changes.length };
  }

  function tell(served: ServedConversation, run: readonly ContentDelivery[]): void {
    fanOut.content(served, run);
    for (const change of run) {
      served.lastRev = change.rev;
      if (change.kind === 'message') served.lastSeq = Math.max(served.lastSeq, change.message.seq ?? 0);
    }
  }

  function begin(served: ServedConversation, first?: Promise<void>): Promise<void> {
    const before = served.busy;
    // It may fail while `before` still runs: nobody waits for it until then.
    first?.catch(() => {});
    served.jobs++;
    served.claims++;
    served.busy = (async () => {
      await before;
      try {
        await first;
        while (isBehind(served)) await step(served);
      } catch (error) {
        giveUp(served, error);
      }
      // In the same turn as the last look at what is waiting, or a change that comes in between would wait for ever.
      if (--served.jobs === 0) served.busy = null;
      unclaim(served);
    })();
    return served.busy;
  }

  async function step(served: ServedConversation): Promise<void> {
    const changes = served.waiting;
    served.waiting = [];
    const { taken, wait } = advance(served, changes, true);
    served.waiting = changes.slice(taken);
    if (wait) await wait;
    else await fill(served, Math.max(served.target, (served.waiting[0]?.rev ?? 1) - 1));
  }

  async function fill(served: ServedConversation, target: number): Promise<void> {
    const baseSeq = served.lastSeq;
    while (served.lastRev < target) {
      const missed = await deps.fetchMissed(served, target, baseSeq);
      let changes = missed.deliveries;
      while (changes.length > 0) {
        const { taken, wait } = advance(served, changes, false);
        changes = changes.slice(taken);
        await wait;
      }
      acknowledgeRest(served, missed.rev);
    }
  }

  /**
   * A rev that no row stands for changed the conversation's settings, which a repair does not read (one that was overtaken
   * by a later change comes as that change): clients are told to look again.
   */
  function acknowledgeRest(served: ServedConversation, rev: number): void {
    if (rev <= served.lastRev) return;
    fanOut.tellUntold(served);
    fanOut.tell(
      served.audience(),
      { kind: 'conversation', change: 'updated', rev, conversation: { id: served.id } },
      { served, rev },
    );
    served.lastRev = rev;
  }

  return {
    accept,
    begin,
    reach(served, rev) {
      served.target = Math.max(served.target, rev);
      return served.busy ?? (served.lastRev < rev ? begin(served) : Promise.resolve());
    },
  };
}
