import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { closeCodes } from '@parley/contracts';
import { type Failure, fail, toFailure } from '../../../kernel/errors.ts';
import { type Credential, findCredential } from '../../shared/authenticate.ts';
import { addressOf } from '../../shared/caller-context.ts';
import { acceptSockets } from '../../shared/socket-outlet.ts';
import type { RealtimeSocketDeps } from '../native-deps.ts';
import { createError } from './answers.ts';
import { type Client, type ClientOutlet, countInvalid, createClient } from './client.ts';
import { createResumes } from './gather-resumes.ts';
import { gatherSends } from './gather-sends.ts';
import { type FrameHandling, handleFrame } from './handle-frame.ts';
import { createOpening } from './opening.ts';
import { checkSize, findRef, readFrame } from './parse-frame.ts';

export const subprotocol = 'parley.v1';

/** Frames a client may send ahead of `ready`. */
const maxEarlyFrames = 200;

/** The upgrade handler of `GET /realtime` (docs/protocol/socket.md). */
export function createRealtimeSocket(
  deps: RealtimeSocketDeps,
): (request: IncomingMessage, socket: Socket, head: Buffer) => void {
  const handling: FrameHandling = {
    ...deps,
    resumes: createResumes(),
    gather: gatherSends(deps.chat, deps.log),
  };
  const received = deps.metrics.counter(
    'parley_socket_frames_total',
    'Frames received on sockets of the native protocol.',
  );
  const opening = createOpening({ ...deps, replay: onFrame });

  function onFrame(outlet: ClientOutlet, data: Buffer): void {
    if (!outlet.open) return;
    const { phase } = outlet.state as Client;
    let value: Record<string, unknown> | null;
    const text = data.toString();
    try {
      checkSize(data);
      value = readFrame(text);
    } catch (thrown) {
      outlet.write(createError(findRef(text), toFailure(thrown)));
      countInvalid(outlet);
      return;
    }
    if (!value) outlet.close(4500, 'a frame must be one JSON object');
    else if (phase === 'open') handleFrame(handling, outlet, value, text);
    else opening.onFrame(outlet, value);
  }

  const sockets = acceptSockets<Client>(subprotocol, deps.log, {
    onText(outlet, data) {
      const client = outlet.state as Client;
      received.add();
      client.connection?.heard();
      if (!client.early) onFrame(outlet, data);
      else if (client.early.push(data) > maxEarlyFrames) {
        outlet.close(4003, 'too many frames before "ready"');
      }
    },
    onBinary: (outlet) => outlet.close(4500, 'frames are JSON text, not binary'),
    onHeard: (outlet) => outlet.state?.connection?.heard(),
    onClosed(outlet) {
      const client = outlet.state as Client;
      opening.leaveWaiting(client);
      client.early = null;
      handling.resumes.forget(client);
      client.connection?.closed();
    },
  });

  return (request, socket, head) => {
    const { headers, url = '' } = request;
    const offered = headers['sec-websocket-protocol'];
    if (offered !== undefined && !offered.split(',').some((name) => name.trim() === subprotocol)) {
      throw fail('request.invalid', `The subprotocol must be ${subprotocol}.`);
    }
    let credential: Credential | null = null;
    let refusal: Failure | null = null;
    try {
      credential = findCredential({ method: 'GET', headers, url }, deps.config);
    } catch (thrown) {
      refusal = toFailure(thrown);
      if (refusal.code !== 'action.forbidden') throw thrown;
    }
    const client = createClient(addressOf(request, deps.config));
    sockets.accept(request, socket, head, client, (outlet) => {
      if (refusal) return refuseOrigin(outlet, refusal);
      if (!credential) return opening.awaitAuth(outlet);
      return opening.open(outlet, credential, undefined);
    });
  };
}

/**
 * A browser cannot read a refused handshake: its page would say "connecting" for ever. So the socket is opened for these words alone; once
 * it is closing, nothing that comes is handed to anybody, and who does not answer the close is cut off.
 */
function refuseOrigin(outlet: ClientOutlet, refusal: Failure): void {
  outlet.write(createError(undefined, refusal));
  outlet.close(closeCodes.originRefused, 'the origin is not ours');
}
