import type { ClientFrame } from '@parley/contracts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';
import type { Connection } from '../../../services/realtime/api.ts';
import type { Client } from './client.ts';

/** Resumes of one connection that may run at once. */
export const maxResumes = 32;

export interface ResumeLimits {
  /** Positions that one connection may have named in resumes that are not answered yet. */
  readonly perConnection: number;
  /** The same for all connections together, at some 200 bytes each. */
  readonly perProcess: number;
}

export const resumeLimits: ResumeLimits = { perConnection: 20_000, perProcess: 1_000_000 };

type Resume = Extract<ClientFrame, { op: 'resume' }>;

/** Takes `resume` frames to the hub, within limits on what they keep in memory meanwhile. */
export interface Resumes {
  /** Gathers positions while frames say `more`, then hands them to the hub. */
  take(client: Client, connection: Connection, frame: Resume): Promise<void>;
  /** The connection has gone: what it gathered is forgotten. */
  forget(client: Client): void;
}

export function createResumes(limits: ResumeLimits = resumeLimits): Resumes {
  let held = 0;

  function hold(client: Client, positions: number): void {
    client.positionsHeld += positions;
    held += positions;
  }

  function admit(client: Client, positions: number): void {
    if (client.positionsHeld + positions > limits.perConnection) {
      forget(client);
      throw fail(
        'request.invalid',
        `Resumes may name ${limits.perConnection} conversations until they are answered: await \`resumed\`.`,
      );
    }
    if (held + positions > limits.perProcess) {
      forget(client);
      throw fail('service.overloaded', { retryAfterMs: 1_000 + Math.random() * 4_000 });
    }
    hold(client, positions);
  }

  function forget(client: Client): void {
    if (client.positions) hold(client, -client.named);
    client.positions = null;
    client.named = 0;
  }

  async function run(
    client: Client,
    connection: Connection,
    frame: Resume,
    positions: ReadonlyMap<ConversationId, Position> | null,
    named: number,
  ): Promise<void> {
    if (client.resumesInFlight >= maxResumes) {
      hold(client, -named);
      throw fail('rate.limited', { detail: 'Too many resumes run at once: await `resumed`.', retryAfterMs: 1_000 });
    }
    client.resumesInFlight++;
    try {
      await connection.resume(frame.ref ?? null, positions);
    } finally {
      client.resumesInFlight--;
      hold(client, -named);
    }
  }

  return {
    async take(client, connection, frame) {
      if (!frame.more && !client.positions && !frame.positions) {
        await run(client, connection, frame, null, 0);
        return;
      }
      const entries = Object.entries(frame.positions ?? {});
      admit(client, entries.length);
      const positions = client.positions ?? new Map<ConversationId, Position>();
      for (const [conversation, position] of entries) positions.set(conversation as ConversationId, position);
      const named = client.named + entries.length;
      client.positions = frame.more ? positions : null;
      client.named = frame.more ? named : 0;
      if (!frame.more) await run(client, connection, frame, positions, named);
    },
    forget,
  };
}
