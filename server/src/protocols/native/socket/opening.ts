import { fail, toFailure } from '../../../kernel/errors.ts';
import { createId } from '../../../kernel/ids.ts';
import { type Credential, type Proven, verifyCredential } from '../../shared/authenticate.ts';
import { createCallerContext } from '../../shared/caller-context.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import type { RealtimeSocketDeps } from '../native-deps.ts';
import { createError, createReady, type FrameRef } from './answers.ts';
import type { Client, ClientOutlet } from './client.ts';
import { nativeEncoder } from './encoder.ts';
import { parseFrame, refOf } from './parse-frame.ts';

export interface OpeningDeps extends Pick<RealtimeSocketDeps, 'identity' | 'profiles' | 'hub' | 'log' | 'config'> {
  /** Handles a frame that came ahead of `ready`. */
  readonly replay: (outlet: ClientOutlet, frame: Buffer) => void;
}

export interface Opening {
  /** Gives the client its time to send `auth`. */
  awaitAuth(outlet: ClientOutlet): void;
  /** A frame of a client that has not yet said who it is. */
  onFrame(outlet: ClientOutlet, value: Record<string, unknown>): void;
  /** Verifies, registers with the hub, greets; or closes, saying why. */
  open(outlet: ClientOutlet, credential: Credential, ref: FrameRef): Promise<void>;
  /** The client is no longer waiting, whatever became of it. */
  leaveWaiting(client: Client): void;
}

/** The way of a connection from handshake to `ready`. */
export function createOpening(deps: OpeningDeps): Opening {
  const { config, log } = deps;
  let waiting = 0;

  function leaveWaiting(client: Client): void {
    if (!client.timer) return;
    clearTimeout(client.timer);
    client.timer = null;
    waiting--;
  }

  function awaitAuth(outlet: ClientOutlet): void {
    if (waiting >= config.unauthenticatedSockets) {
      outlet.close(4003, 'too many sockets wait to authenticate');
      return;
    }
    waiting++;
    (outlet.state as Client).timer = setTimeout(refuseSilence, config.authTimeoutMs, outlet);
  }

  function onFrame(outlet: ClientOutlet, value: Record<string, unknown>): void {
    try {
      const frame = parseFrame(value);
      if (frame.op !== 'auth') throw fail('token.missing', 'The first frame must be "auth".');
      outlet.attempt(() => open(outlet, { kind: 'bearer', value: frame.token }, frame.ref));
    } catch (thrown) {
      const failure = toFailure(thrown);
      outlet.write(createError(refOf(value), failure));
      if (failure.code === 'token.missing') outlet.close(4502, failure.message);
    }
  }

  async function open(outlet: ClientOutlet, credential: Credential, ref: FrameRef): Promise<void> {
    const client = outlet.state as Client;
    leaveWaiting(client);
    client.phase = 'opening';
    client.early = [];
    // Nothing more is read until it is known who sends: only what came in the same piece is kept.
    outlet.pause();
    try {
      const ctx = createCallerContext(client.address, createId<string>());
      const verified = await verifyCredential(deps.identity, ctx, credential);
      await register(deps, outlet, client, verified, ref);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.code === 'internal') log.error({ err: failure.cause ?? failure }, 'connection failed to open');
      outlet.write(createError(ref, failure));
      outlet.close(failure.row.close ?? 4003, failure.message);
    } finally {
      outlet.resume();
    }
  }

  return { awaitAuth, onFrame, open, leaveWaiting };
}

async function register(
  deps: OpeningDeps,
  outlet: ClientOutlet,
  client: Client,
  { principal, expiresAt, lasting }: Proven,
  ref: FrameRef,
): Promise<void> {
  const ctx = createCallerContext(client.address, createId<string>(), principal);
  const profiles = await deps.profiles.read(ctx, [principal.account]);
  if (!outlet.open) return;
  const user = profiles.get(principal.account) ?? {
    ...profileOf(new Map(), principal.account),
    username: principal.username,
  };
  const connection = await deps.hub.open(ctx, {
    principal,
    expiresAt,
    lasting,
    outlet,
    encoder: nativeEncoder,
    greet: (opened) =>
      createReady({
        ref,
        user,
        connection: opened.id,
        heartbeatMs: deps.hub.heartbeatMs,
        sendsInFlight: deps.config.sendsInFlight,
      }),
  });
  client.connection = connection;
  if (!outlet.open) {
    // It went while the hub was opening it, so its end was told to nobody yet.
    connection.closed();
    return;
  }
  client.phase = 'open';
  const early = client.early ?? [];
  client.early = null;
  for (const frame of early) deps.replay(outlet, frame);
}

function refuseSilence(outlet: ClientOutlet): void {
  outlet.close(4502, 'no "auth" frame came in time');
}
