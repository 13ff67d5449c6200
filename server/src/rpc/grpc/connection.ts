import { Client, connectivityState, credentials } from '@grpc/grpc-js';
import { TransportFailure } from '../rpc-service.ts';
import { connectTimeoutMs, peerOptions } from './limits.ts';

/** One HTTP/2 connection, opened when somebody needs it and again after a break. */
export interface Connection {
  readonly client: Client;
  /**
   * null: it is open. Otherwise a promise that resolves when it is, and rejects with a TransportFailure that says that nothing
   * was sent when it cannot be opened now.
   */
  open(): Promise<void> | null;
}

export function createConnection(address: string): Connection {
  const client = new Client(address, credentials.createInsecure(), peerOptions);
  let opening: Promise<void> | null = null;
  return {
    client,
    open() {
      if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return null;
      opening ??= awaitReady(client, address).finally(() => {
        opening = null;
      });
      return opening;
    },
  };
}

/**
 * Not gRPC's own waiting: a call that it has queued and then fails does not say whether it was sent. After a refused connection
 * it rejects at once; gRPC tries again by itself, within a second.
 */
function awaitReady(client: Client, address: string): Promise<void> {
  const channel = client.getChannel();
  const until = Date.now() + connectTimeoutMs;
  return new Promise((resolve, reject) => {
    const refuse = (said: string, cause?: unknown): void =>
      reject(new TransportFailure('service.unavailable', false, { cause: new Error(`${address} ${said}`, { cause }) }));
    const look = (): void => {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) resolve();
      else if (state === connectivityState.TRANSIENT_FAILURE) refuse('cannot be reached');
      else if (state === connectivityState.SHUTDOWN) refuse('is no longer wanted');
      else channel.watchConnectivityState(state, until, (late) => (late ? refuse('does not answer', late) : look()));
    };
    look();
  });
}
