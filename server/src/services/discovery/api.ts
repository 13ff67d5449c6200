import type { Context } from '../../kernel/context.ts';
import type { Instance } from '../../model/instance.ts';

export interface Discovered {
  /** Live instances, each address of a service once. */
  readonly instances: readonly Instance[];
  /**
   * False while an instance that lives may be missing: discovery, or its store, has not been there without interruption for
   * the longest lease. Whoever knows more must not drop it for such an answer.
   */
  readonly settled: boolean;
}

export interface DiscoveryStatus {
  /** `away`: nothing can be registered or found; callers go on with what they know. */
  readonly store: 'ok' | 'away';
  readonly uptimeSeconds: number;
  /** Live instances of all services; null when the store is away. */
  readonly instances: number | null;
}

/**
 * Who runs where, alive or not. Every call may fail with `service.unavailable` when the store is away, except `statusCheck`.
 * Calls are per batch: a process has an instance for every service it runs.
 */
export interface DiscoveryApi {
  /** Known for `leaseMs` (1,000–10,000), unless a heartbeat comes. `request.invalid` names what no instance can be. */
  registerService(ctx: Context, instances: readonly Instance[], leaseMs: number): Promise<void>;
  /** Begins the leases of these ids anew. For each: false when it is unknown and has to register. */
  heartbeat(ctx: Context, ids: readonly string[]): Promise<readonly boolean[]>;
  /** They stop: callers turn to others from now on. Idempotent. */
  unregisterService(ctx: Context, ids: readonly string[]): Promise<void>;
  /** All live instances of these services. */
  discoverServices(ctx: Context, names: readonly string[]): Promise<Discovered>;
  /** One live instance, another at each call; null when there is none. */
  discoverService(ctx: Context, name: string): Promise<Instance | null>;
  statusCheck(ctx: Context): Promise<DiscoveryStatus>;
}

export const leaseLimits = { minMs: 1_000, maxMs: 10_000 } as const;
