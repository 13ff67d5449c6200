import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { fail, toFailure } from '../../../kernel/errors.ts';
import { createId } from '../../../kernel/ids.ts';
import type { Proven } from '../../shared/authenticate.ts';
import { addressOf, createCallerContext } from '../../shared/caller-context.ts';
import type { ProtocolServices, SocketHalf } from '../../shared/halves.ts';
import type { OriginRule } from '../../shared/same-origin.ts';
import { acceptSockets } from '../../shared/socket-outlet.ts';
import { authorize } from '../authorize.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import { createError, veigoEncoder } from './encoder.ts';
import { createFrameHandler, isFull, type VeigoClient, type VeigoOutlet } from './handle-frame.ts';

export interface VeigoSocketDeps
  extends VeigoDeps,
    Pick<ProtocolServices, 'beginFrame'>,
    Pick<SocketHalf, 'hub' | 'ownMemberships'> {
  readonly origins: OriginRule;
}

/**
 * Veigo's clients know no way to show a fresh token on an open socket, so it stays beyond the one it was opened with: for a day, in
 * milliseconds. The end of the session ends it at once all the same (MESSAGE-PATH rule 18).
 */
const graceMs = 24 * 60 * 60 * 1000;

type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

/**
 * The upgrade handler of `/?token=SuperDuperUser%20<access token>`. Who shows no good token is refused before the upgrade; a revoked
 * session ends the connection. DEPARTS: with a token in the URL any page may open it, for no other page could know the token; the
 * reference takes one Origin.
 */
export function createVeigoSocket(deps: VeigoSocketDeps): Upgrade {
  const handleFrame = createFrameHandler(deps);
  const received = deps.metrics.counter(
    'parley_veigo_frames_total',
    'Frames received on sockets of the Veigo protocol.',
  );

  const sockets = acceptSockets<VeigoClient>(null, deps.log, {
    onText(outlet, data) {
      const client = outlet.state as VeigoClient;
      received.add();
      client.connection?.heard();
      if (isFull(client)) outlet.close(4003, 'too many frames wait for their answer');
      else handleFrame(outlet, data.toString());
    },
    onBinary(outlet) {
      const client = outlet.state as VeigoClient;
      client.last = client.last
        .then(() => client.connection?.send(createError('Binary messages are not supported')))
        .catch((thrown) => outlet.fail(thrown));
    },
    onHeard: (outlet) => outlet.state?.connection?.heard(),
    onClosed: (outlet) => outlet.state?.connection?.closed(),
  });

  return async (request, socket, head) => {
    const { headers, url = '' } = request;
    const caller = createCallerContext(addressOf(request, deps.origins), createId<string>());
    const authorized = await authorize(deps, { method: 'GET', headers, url }, caller);
    if (!authorized) throw fail('token.missing');
    const { ctx, verified } = authorized;
    const client: VeigoClient = {
      address: ctx.address ?? '',
      connection: null,
      joined: new Set(),
      waiting: 0,
      waitingLength: 0,
      last: Promise.resolve(),
    };
    sockets.accept(request, socket, head, client, (outlet) => {
      client.last = open(deps, outlet, client, verified);
    });
  };
}

/** What the client says before the hub has answered waits for it. */
async function open(
  { hub, log }: VeigoSocketDeps,
  outlet: VeigoOutlet,
  client: VeigoClient,
  { principal, expiresAt, lasting }: Proven,
): Promise<void> {
  outlet.pause();
  try {
    const connection = await hub.open(createCallerContext(client.address, createId<string>(), principal), {
      principal,
      expiresAt: lasting ? expiresAt : expiresAt + graceMs,
      lasting,
      outlet,
      encoder: veigoEncoder,
      only: client.joined,
      greet: () => null,
    });
    client.connection = connection;
    // It went while the hub was opening it, so its end was told to nobody yet.
    if (!outlet.open) connection.closed();
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.code === 'internal') log.error({ err: failure.cause ?? failure }, 'connection failed to open');
    outlet.close(failure.row.close ?? 4003, failure.message);
  } finally {
    outlet.resume();
  }
}
