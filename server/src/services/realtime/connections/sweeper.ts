import type { Clock } from '../../../kernel/clock.ts';
import { closeCodes, tickMs } from '../config.ts';
import type { HubIndex } from '../hub-index.ts';
import type { LiveConnection } from './live-connection.ts';
import type { Outbound } from './outbound.ts';

/**
 * One look at every connection per tick instead of timers per connection: silence, expired credentials, sockets that do
 * not drain.
 */
export function createSweep(deps: {
  readonly index: HubIndex;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly drainTimeoutMs: number;
  readonly sessionCheckMs: number;
  end(connection: LiveConnection, code: number, reason: string): void;
  /** Ends it, should its session have ended. */
  recheck(connection: LiveConnection): void;
  /** Its outlet threw. */
  onThrow(connection: LiveConnection, error: unknown): void;
}): (tick: number) => void {
  const { index, outbound, clock, end } = deps;
  const heartbeat = Math.ceil(deps.heartbeatMs / tickMs);
  const drainTicks = Math.ceil(deps.drainTimeoutMs / tickMs);

  function onExpired(connection: LiveConnection, now: number): void {
    if (!connection.lasting) {
      end(connection, closeCodes.unauthenticated, 'the credential has expired');
      return;
    }
    // Spread, because those that came together would be asked about together for ever.
    connection.expiresAt = now + deps.sessionCheckMs * (0.75 + Math.random() / 2);
    // Who shares a socket ends with it.
    if (connection.socket === connection) deps.recheck(connection);
  }

  function sweepOne(connection: LiveConnection, tick: number, now: number): void {
    const silent = tick - connection.heardAt;
    if (silent > 2 * heartbeat) end(connection, closeCodes.heartbeatMissed, 'nothing heard for two heartbeats');
    else if (connection.expiresAt <= now) onExpired(connection, now);
    else if (connection.draining && tick - connection.draining.since > drainTicks) {
      end(connection, closeCodes.slow, 'slow: reconnect');
    } else {
      if (silent === heartbeat) connection.outlet.ping?.();
      if (connection.buffered > 0) outbound.look(connection);
    }
  }

  return (tick) => {
    const now = clock.wall();
    // Deleting from a Set while walking it is safe.
    for (const connection of index.connections) {
      try {
        if (connection.ready) sweepOne(connection, tick, now);
      } catch (error) {
        deps.onThrow(connection, error);
      }
    }
  };
}
