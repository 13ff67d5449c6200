import pLimit from 'p-limit';
import { systemContext } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';
import type { TrustedChatApi } from '../../chat/trusted-api.ts';
import type { Hold, LiveConnection } from '../connections/live-connection.ts';
import type { FanOut } from '../delivering/fan-out.ts';
import type { HubIndex } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { BacklogWriter } from './backlog-writer.ts';
import type { Leg } from './leg.ts';
import { createResumed, type Summary } from './resumed.ts';

/** Readings of one conversation's backlog before the client is told to go on by itself. */
const maxRounds = 20;

/**
 * Resume (rules 16, 21): the named conversations' live changes are withheld, of which only the highest rev is kept; the
 * backlog is read until it has reached that rev; then `resumed` is queued and the changes flow on, both in one turn, so that
 * nothing is missing and nothing comes twice. What a backlog has told already is dropped from the live stream (`floor`).
 *
 * After `more` the conversation stays withheld: the client resumes it from where `resumed` says, and would otherwise see
 * its revs jump. It also stays withheld when the reading failed, until a resume succeeds.
 */
export interface Resumer {
  resume(
    connection: LiveConnection,
    ref: string | number | null,
    positions: ReadonlyMap<ConversationId, Position> | null,
  ): Promise<void>;
}

export function createResumer(deps: {
  readonly chat: Pick<TrustedChatApi, 'resumeSummaries'>;
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly backlog: BacklogWriter;
  readonly scheduler: Scheduler;
  readonly resumesAtOnce: number;
}): Resumer {
  const { chat, index, fanOut, backlog, scheduler } = deps;
  // An admission budget (rule 21).
  const admit = pLimit(deps.resumesAtOnce);

  async function run(
    connection: LiveConnection,
    ref: string | number | null,
    positions: ReadonlyMap<ConversationId, Position> | null,
  ): Promise<void> {
    if (connection.gone) return;
    const legs = [...(positions ?? [])].map(([conversation, position]) => withhold(connection, conversation, position));
    await admit(() => tell(connection, ref, legs));
  }

  async function tell(connection: LiveConnection, ref: string | number | null, legs: readonly Leg[]): Promise<void> {
    let summaries: readonly Summary[] | null = null;
    for (let round = 0; round < maxRounds && !connection.gone; round++) {
      const behind = legs.filter((leg) => !isLevel(leg));
      if (behind.length > 0) {
        // A change can reach the stream a moment before the database shows it (rule 12).
        if (round > 1) await scheduler.delay(round);
        await backlog.write(connection, behind);
      } else if (summaries) break;
      // After the backlogs, so that whose stay had ended when they were read is told as left.
      else summaries = await summariesFor(connection, legs);
    }
    summaries ??= await summariesFor(connection, legs);
    if (connection.gone) return;
    finish(connection, ref, legs, summaries);
  }

  function withhold(connection: LiveConnection, conversation: ConversationId, position: Position): Leg {
    const served = index.served.get(conversation);
    // What was delivered here before may not be visible to the first reading yet.
    const seen = served?.members.has(connection.user.id) ? served.lastRev : 0;
    const hold: Hold = { withheld: true, seen, floor: 0, changed: false, over: false };
    connection.holds ??= new Map();
    connection.holds.set(conversation, hold);
    return { conversation, hold, position, continuity: 'kept', read: false };
  }

  function summariesFor(connection: LiveConnection, legs: readonly Leg[]): Promise<readonly Summary[]> {
    const named = legs.map((leg) => leg.conversation);
    return insist(scheduler, () => chat.resumeSummaries(systemContext('realtime.resume'), connection.user.id, named));
  }

  /** From here to the end nothing waits: the last look at what is withheld and its release belong together. */
  function finish(
    connection: LiveConnection,
    ref: string | number | null,
    legs: readonly Leg[],
    summaries: readonly Summary[],
  ): void {
    for (const leg of legs) if (!isLevel(leg)) leg.continuity = 'more';
    for (const event of createResumed(ref, legs, summaries)) fanOut.tell([connection], event);
    for (const leg of legs) if (leg.continuity !== 'more') release(connection, leg);
  }

  function release(connection: LiveConnection, leg: Leg): void {
    const { holds } = connection;
    if (holds?.get(leg.conversation) !== leg.hold) return;
    if (leg.hold.changed) tellChanged(connection, leg);
    const delivered = index.served.get(leg.conversation)?.lastRev ?? 0;
    const told = leg.position.rev ?? 0;
    if (told > delivered) {
      leg.hold.withheld = false;
      leg.hold.floor = told;
      return;
    }
    holds?.delete(leg.conversation);
    if (holds?.size === 0) connection.holds = null;
  }

  function tellChanged(connection: LiveConnection, { conversation, position }: Leg): void {
    const rev = position.rev ?? 0;
    fanOut.tell([connection], { kind: 'conversation', change: 'updated', rev, conversation: { id: conversation } });
  }

  return {
    resume(connection, ref, positions) {
      // One after another: the second asks for what comes after the first.
      const before = connection.resuming;
      const mine = (async () => {
        if (before) await before.catch(() => {});
        await run(connection, ref, positions);
      })();
      connection.resuming = mine;
      const forget = () => {
        if (connection.resuming === mine) connection.resuming = null;
      };
      mine.then(forget, forget);
      return mine;
    },
  };
}

/** `more` is for the client to go on with, so nothing is left to do here. */
function isLevel(leg: Leg): boolean {
  if (leg.hold.over || leg.continuity === 'more') return true;
  return leg.read && leg.hold.seen <= (leg.position.rev ?? 0);
}
