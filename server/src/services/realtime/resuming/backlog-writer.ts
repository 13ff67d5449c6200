import { systemContext } from '../../../kernel/context.ts';
import type { Message } from '../../../model/message.ts';
import type { Backlog } from '../../chat/api.ts';
import type { BacklogRequest, TrustedChatApi } from '../../chat/trusted-api.ts';
import type { Outgoing } from '../api.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Outbound } from '../connections/outbound.ts';
import { tellMessage } from '../delivering/fan-out.ts';
import type { Profiles } from '../delivering/profiles.ts';
import { gather } from '../gather.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Leg } from './resume.ts';

/** Reads backlogs and queues them to a connection, no faster than its socket takes them (rule 21). */
export interface BacklogWriter {
  /** One reading of each; moves their positions. Rejects when the backlog cannot be read. */
  write(connection: LiveConnection, legs: readonly Leg[]): Promise<void>;
}

export function createBacklogWriter(deps: {
  readonly chat: Pick<TrustedChatApi, 'backlogs'>;
  readonly profiles: Profiles;
  readonly outbound: Outbound;
  readonly scheduler: Scheduler;
  readonly conversationsPerRead: number;
  readonly backlogBytes: number;
  /** Sweeps so far. */
  tick(): number;
}): BacklogWriter {
  const { chat, profiles, outbound, scheduler } = deps;
  const readOne = gather<BacklogRequest, Backlog | undefined>({
    scheduler,
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
      const frame = connection.dialect.encoder.encode(tellBacklog(message, seq, profiles));
      if (frame) outbound.append(connection, frame);
      if ((connection.pending?.bytes ?? 0) + connection.buffered > deps.backlogBytes) await drained(connection);
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

/** A message after the position is new to the client whatever happened to it since; an older one has changed. */
function tellBacklog(message: Message, afterSeq: number, profiles: Profiles): Outgoing {
  const { conversation, seq, rev } = message;
  if ((seq ?? 0) > afterSeq) return tellMessage('message', message, profiles);
  if (message.deletedAt !== null) return { op: 'deleted', conversation, seq: seq ?? 0, rev: rev ?? 0 };
  return tellMessage('edited', message, profiles);
}
