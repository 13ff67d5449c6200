import type { Clock } from '../../kernel/clock.ts';
import { createDeferred } from '../../kernel/deferred.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Bus } from '../../ports/bus.ts';
import type { Replication } from '../../ports/replication.ts';
import { type RelayConfig, type RelayDatabase, relayDefaults } from './config.ts';
import { type Follower, followDatabase } from './follow-database.ts';

export interface RelayDeps {
  readonly databases: readonly RelayDatabase[];
  readonly replication: Replication;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly config?: Partial<RelayConfig>;
  /** The change stream has a gap (rule 11): hubs must doubt what they know. Snapshot rows follow on the bus. */
  onReset(reason: string): void;
}

/** Consumers must have subscribed before `start`: it creates the slots and lets the changes flow. */
export function createRelay(deps: RelayDeps): {
  readonly unit: Unit;
  /** Consumers do not keep up: half of what may be outstanding is. Who writes should slow down (promise 7). */
  behind(): boolean;
} {
  const { metrics } = deps;
  const rows = metrics.counter('parley_relay_rows_total', 'Row changes handed to the bus');
  const resets = metrics.counter('parley_relay_resets_total', 'Times a slot was lost and everything was sent again');
  const delay = metrics.histogram('parley_relay_delay_seconds', 'From commit until every consumer has a change');
  const outstanding = metrics.gauge('parley_relay_outstanding_bytes', 'Read from PostgreSQL and not yet confirmed');
  const failed = createDeferred<never>();
  let followers: readonly Follower[] = [];

  const follow = (database: RelayDatabase) => {
    const follower = followDatabase(database, {
      ...deps,
      config: { ...relayDefaults, ...deps.config },
      onRows: (count) => rows.add(count),
      onLanded(seconds) {
        delay.observe(seconds);
        outstanding.set(followers.reduce((sum, { outstanding: bytes }) => sum + bytes, 0));
      },
      onReset(reason) {
        resets.add();
        deps.onReset(reason);
      },
    });
    follower.failed.catch((reason) => failed.reject(reason));
    return follower;
  };

  const unit: Unit = {
    failed: failed.promise,
    async start() {
      followers = deps.databases.map(follow);
      await Promise.all(followers.map((follower) => follower.ready));
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()));
    },
    health() {
      const away = deps.databases.filter((_, i) => !followers[i]?.streaming).map(({ name }) => name);
      if (away.length === 0) return { status: 'ok' };
      const status = away.length === deps.databases.length ? 'down' : 'degraded';
      return { status, detail: `not following ${away.join(', ')}` };
    },
  };
  const limit = (deps.config?.maxOutstandingBytes ?? relayDefaults.maxOutstandingBytes) / 2;
  return { unit, behind: () => followers.some(({ outstanding: bytes }) => bytes > limit) };
}
