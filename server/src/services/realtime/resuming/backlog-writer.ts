import { systemContext } from '../../../kernel/context.ts';
import { gather } from '../../../kernel/gather.ts';
import type { Backlog } from '../../chat/api.ts';
import type { BacklogRequest, TrustedChatApi } from '../../chat/trusted-api.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Outbound } from '../connections/outbound.ts';
import type { FanOut } from '../delivering/fan-out.ts';
import { toDelivery } from '../delivering/fetch-missed.ts';
import type { Profiles } from '../delivering/profiles.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Leg } from './leg.ts';

/** Reads backlogs and queues them to a connection, no faster than its socket takes them (rule 21). */
export interface BacklogWriter {
  /** One reading of each; moves their positions. Rejects when the backlog cannot be read. */
  write(connection: LiveConnection, legs: readonly Leg[]): Promise<void>;
}

export function createBacklogWriter(deps: {
  readonly chat: Pick<TrustedChatApi, 'backlogs'>;
  readonly profiles: Profiles;
  readonly fanOut: FanOut;
  readonly outbound: Outbound;
  readonly scheduler: Scheduler;
  readonly conversationsPerRead: number;
  readonly backlogBytes: number;
  /** Sweeps so far. */
  tick(): number;
}): BacklogWriter {
  const { chat, profiles, fanOut, outbound, scheduler } = deps;
  const readOne = gather<BacklogRequest, Backlog | undefined>({
    soon: (task) => scheduler.soon(task),
    // So few that each page is worth its reading: they share the size of an answer.
    max: 128,
    atOnce: 2,
    ask: (requests) => insist(scheduler, () => chat.backlogs(systemContext('realtime.resume'), requests)),
  });

  async function write(connection: LiveConnection, legs: readonly Leg[]): Promise<void> {
    for (let at = 0; at < legs.length && !connection.gone; at += deps.conversationsPerRead) {
      const some = legs.slice(at, at + deps.conversationsPerRead);
      const user = connection.user.id;
      const pages = await Promise.all(
        some.map(({ conversation, position }) => readOne({ conversation, user, position })),
      );
      await profiles.load(pages.flatMap((page) => page?.items.map((message) => message.sender) ?? []));
      for (const [i, leg] of some.entries()) await writePage(connection, leg, pages[i]);
    }
  }

  async function writePage(connection: LiveConnection, leg: Leg, page: Backlog | undefined): Promise<void> {
    leg.read = true;
    if (!page) {
      // Not theirs to read: nothing live comes either.
      leg.continuity = 'lost';
      leg.hold.seen = 0;
      return;
    }
    const { seq } = leg.position;
    for (const message of page.items) {
      if (connection.gone || leg.hold.over) return;
      const delivery = toDelivery(message, seq);
      if (delivery) fanOut.tellOne(connection, delivery);
      if ((connection.pending?.bytes ?? 0) + connection.socket.buffered > deps.backlogBytes) await drained(connection);
    }
    leg.position = { epoch: page.epoch, seq: page.seq, rev: page.rev };
    // Once lost, always lost: later readings only bring it level with the live changes.
    if (leg.continuity === 'kept') leg.continuity = page.continuity;
  }

  /** Waits until the socket has taken everything; the sweeper ends a connection that takes too long. */
  async function drained(connection: LiveConnection): Promise<void> {
    await outbound.flushed();
    if (connection.gone || connection.outlet.buffered === 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        connection.draining = null;
        resolve();
      };
      connection.draining = { since: deps.tick(), done };
      connection.outlet.onDrain(done);
    });
    outbound.look(connection);
  }

  return { write };
}
