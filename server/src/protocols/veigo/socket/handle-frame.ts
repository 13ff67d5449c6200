import type { Context } from '../../../kernel/context.ts';
import { toFailure } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Connection } from '../../../services/realtime/api.ts';
import { createCallerContext } from '../../shared/caller-context.ts';
import type { ProtocolServices, SocketHalf } from '../../shared/halves.ts';
import type { SocketOutlet } from '../../shared/socket-outlet.ts';
import { describeFailure } from '../errors.ts';
import { createMessage } from '../messages.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import { createError, createSentAck } from './encoder.ts';
import { parseFrame, type VeigoFrame } from './parse-frame.ts';

/** What this protocol keeps per socket. */
export interface VeigoClient {
  /** Where it comes from. */
  readonly address: string;
  /** The hub's part; null until it has opened. */
  connection: Connection | null;
  /** Rooms whose messages this socket asked for. Membership is the hub's business: who has left hears nothing although it stays here. */
  readonly joined: Set<ConversationId>;
  /** Frames not yet answered, and their characters. */
  waiting: number;
  waitingLength: number;
  /** The end of the last of them. */
  last: Promise<void>;
}

export type VeigoOutlet = SocketOutlet<VeigoClient>;

/** Frames of one socket that may wait. */
const mostWaiting = { frames: 1_000, length: 2 * 1024 * 1024 } as const;

export function isFull({ waiting, waitingLength }: VeigoClient): boolean {
  return waiting >= mostWaiting.frames || waitingLength >= mostWaiting.length;
}

/** Rooms one socket may listen to. */
const maxJoined = 10_000;

type FrameDeps = VeigoDeps & Pick<ProtocolServices, 'beginFrame'> & Pick<SocketHalf, 'ownMemberships'>;

/** Handles one socket's frames one after another. Whatever is wrong with one is answered with ERROR; the connection stays. */
export function createFrameHandler(deps: FrameDeps): (outlet: VeigoOutlet, text: string) => void {
  return (outlet, text) => {
    const client = outlet.state as VeigoClient;
    client.waiting++;
    client.waitingLength += text.length;
    client.last = client.last
      .then(async () => {
        const { connection } = client;
        if (connection && outlet.open) await handle(deps, client, connection, text);
      })
      .catch((thrown) => outlet.fail(thrown))
      .finally(() => {
        client.waiting--;
        client.waitingLength -= text.length;
      });
  };
}

async function handle(deps: FrameDeps, client: VeigoClient, connection: Connection, text: string): Promise<void> {
  const { principal } = connection;
  try {
    const frame = parseFrame(text);
    if (frame.type === 'SEND_MESSAGE') {
      const ctx = createCallerContext(client.address, connection.id, principal);
      await Promise.all(frame.messages.map((message) => send(deps, ctx, connection, message)));
      return;
    }
    const ctx = deps.beginFrame(client.address, connection.id, principal);
    if (frame.type === 'JOIN_ROOM') await join(deps, ctx, client, connection, frame.rooms);
    else for (const room of frame.rooms) client.joined.delete(room.toLowerCase() as ConversationId);
  } catch (thrown) {
    refuse(deps, connection, thrown);
  }
}

/** Asks chat and not the hub: who has just made a room may join it although the change stream has not told of it yet. */
async function join(
  deps: FrameDeps,
  ctx: Context,
  client: VeigoClient,
  connection: Connection,
  rooms: readonly string[],
): Promise<void> {
  const stays = await deps.ownMemberships(ctx);
  const own = new Set<string>(stays.map(({ conversation }) => conversation));
  for (const room of rooms) {
    const id = room.toLowerCase();
    if (!own.has(id)) connection.send(createError(`Unauthorized to join ${room.slice(0, 100)}`));
    else if (client.joined.size >= maxJoined) connection.send(createError(`Too many rooms joined to join ${room}`));
    else client.joined.add(id as ConversationId);
  }
}

type Sending = Extract<VeigoFrame, { type: 'SEND_MESSAGE' }>['messages'][number];

async function send(deps: FrameDeps, ctx: Context, connection: Connection, message: Sending): Promise<void> {
  try {
    connection.send(createSentAck(await createMessage(deps, ctx, message)));
  } catch (thrown) {
    refuse(deps, connection, thrown);
  }
}

function refuse({ log }: FrameDeps, connection: Connection, thrown: unknown): void {
  const failure = toFailure(thrown);
  if (failure.code === 'internal') log.error({ err: failure.cause ?? failure }, 'frame failed');
  connection.send(createError(describeFailure(failure).message));
}
