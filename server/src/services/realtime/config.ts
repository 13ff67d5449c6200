import { presenceGraceMs } from '../../model/presence.ts';

/** Everything about the hub that an operator or a test may want to change. Milliseconds and bytes. */
export interface RealtimeConfig {
  readonly heartbeatMs: number;
  /** What one connection may have waiting, the socket's own buffer included; over it: 4001. */
  readonly connectionBytes: number;
  /** What all connections together may have waiting in their sockets. */
  readonly processBytes: number;
  /** Sockets written to before the event loop gets its turn (rule 19). */
  readonly writesPerTurn: number;
  /** Deliveries taken before what they queued is flushed. */
  readonly deliveriesPerTurn: number;
  /** Deliveries of routers that wait to be taken; with more, routers are asked to bring them again (rule 16). */
  readonly maxWaitingDeliveries: number;
  /** Connections between upgrade and `ready` at the same time; more get `service.overloaded`. */
  readonly maxOpenings: number;
  /** Users whose memberships are read in one query. */
  readonly usersPerRead: number;
  /** How long a crashed hub stays registered: the change stream waits for it, and its users count as online. */
  readonly leaseMs: number;
  readonly presenceGraceMs: number;
  /** The period of the check that the last message of a conversation was not lost (rule 16). */
  readonly checkMs: number;
  /** The period in which the session behind a connection that a cookie opened is asked about, after its first expiry. */
  readonly sessionCheckMs: number;
  readonly receiptMs: number;
  /** Connections that read a backlog at the same time (rule 21). */
  readonly resumesAtOnce: number;
  /** Conversations of one resume that are read together. */
  readonly conversationsPerRead: number;
  /** Backlog bytes queued to one connection before its socket has to drain. */
  readonly backlogBytes: number;
  /** How long a socket may take to drain a piece of backlog. */
  readonly drainTimeoutMs: number;
  /** The rate at which a drained process asks its clients to come back to the others. */
  readonly reconnectsPerSecond: number;
  /** An event-loop delay worth a warning (rule 22). */
  readonly loopDelayAlarmMs: number;
}

export const realtimeDefaults: RealtimeConfig = {
  heartbeatMs: 25_000,
  connectionBytes: 1024 * 1024,
  processBytes: 256 * 1024 * 1024,
  writesPerTurn: 2_000,
  deliveriesPerTurn: 1_000,
  maxWaitingDeliveries: 100_000,
  maxOpenings: 10_000,
  usersPerRead: 500,
  leaseMs: 5_000,
  presenceGraceMs,
  checkMs: 5_000,
  sessionCheckMs: 300_000,
  receiptMs: 1_000,
  resumesAtOnce: 64,
  conversationsPerRead: 16,
  backlogBytes: 256 * 1024,
  drainTimeoutMs: 30_000,
  reconnectsPerSecond: 1_000,
  loopDelayAlarmMs: 250,
};

/** The period of the sweeper, the unit in which silence is counted. */
export const tickMs = 1_000;

/** PROTOCOL "Close codes", those the hub itself uses. */
export const closeCodes = {
  goingAway: 4000,
  slow: 4001,
  heartbeatMissed: 4002,
  revoked: 4501,
  unauthenticated: 4502,
} as const;
