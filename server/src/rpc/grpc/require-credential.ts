import { createHash, timingSafeEqual } from 'node:crypto';
import { ServerInterceptingCall, type ServerInterceptor, type ServerListener, status } from '@grpc/grpc-js';
import { readCredential } from './call-metadata.ts';

/** The one thing that anybody may ask: probes hold no secret. */
const publicService = '/grpc.health.v1.Health/';

/** Ends every call that does not carry the service credential with UNAUTHENTICATED, before anything of it is read. */
export function requireCredential(secret: string): ServerInterceptor {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(secret);
  return (method, call) => {
    if (method.path.startsWith(publicService)) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        const listener: ServerListener = {
          onReceiveMetadata: (metadata, pass) => {
            // Digests have one length: comparing them tells nothing, not even how long the secret is.
            const given = readCredential(metadata);
            if (given !== undefined && timingSafeEqual(digest(given), expected)) pass(metadata);
            else
              call.sendStatus({ code: status.UNAUTHENTICATED, details: 'the service credential is missing or wrong' });
          },
        };
        next(listener);
      },
    });
  };
}
