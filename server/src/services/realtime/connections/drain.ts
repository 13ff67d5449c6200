import { closeCodes, type RealtimeConfig } from '../config.ts';
import type { FanOut } from '../delivering/fan-out.ts';
import type { HubIndex } from '../hub-index.ts';
import type { LiveConnection } from './live-connection.ts';
import type { Outbound } from './outbound.ts';

/**
 * Sends everybody away before a planned stop, each with a delay of their own, spread so that those who take them in are
 * asked for no more than `reconnectsPerSecond`.
 */
export async function drain(deps: {
  readonly config: RealtimeConfig;
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly outbound: Outbound;
  end(connection: LiveConnection, code: number, reason: string): void;
}): Promise<void> {
  const { config, index, fanOut, outbound } = deps;
  const connections = [...index.connections];
  const spreadMs = Math.max(1_000, (connections.length / config.reconnectsPerSecond) * 1_000);
  for (const connection of connections) {
    const reconnectInMs = Math.round(Math.random() * spreadMs);
    fanOut.tell([connection], { kind: 'drain', reconnectInMs });
  }
  await outbound.flushed();
  for (const [i, connection] of connections.entries()) {
    deps.end(connection, closeCodes.goingAway, 'going away: reconnect');
    if (i % config.writesPerTurn === config.writesPerTurn - 1) await new Promise((next) => setImmediate(next));
  }
}
