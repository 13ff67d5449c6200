import { setTimeout as pause } from 'node:timers/promises';
import { systemContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { HubId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Bus, BusRecord, Subscription } from '../../ports/bus.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import type { RealtimeApi } from '../realtime/api.ts';
import { addressDeliveries } from './address-deliveries.ts';
import type { RouterApi } from './api.ts';
import { applyChanges } from './apply-changes.ts';
import { cutDeliveries } from './cut-deliveries.ts';
import { routerGroups } from './groups.ts';
import { createStartFilter } from './start-filter.ts';

export interface RouterConfig {
  /** Above the rows of any business transaction, so that those of one rev come together (rule 13). */
  readonly maxBatch: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
}

export interface RouterDeps {
  readonly bus: Bus;
  readonly registry: HubRegistry;
  /** The hub's own api, in this process or over the wire. */
  realtimeOf(hub: HubId): RealtimeApi;
  /**
   * Where the WAL of the chat database stands now; asked once, at the start. Absent with a durable bus, which remembers what the
   * group has handled: what was committed before this start may still have to be delivered, and hubs drop what they have.
   */
  startLsn?(): Promise<bigint>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly config?: Partial<RouterConfig>;
}

const defaults: RouterConfig = { maxBatch: 5_000, retryFirstMs: 20, retryMaxMs: 1_000 };

export function createRouter(deps: RouterDeps): { readonly api: RouterApi; readonly unit: Unit } {
  const { bus, registry, log, metrics } = deps;
  const config = { ...defaults, ...deps.config };
  const routed = metrics.counter('parley_router_deliveries_total', 'Deliveries handed to hubs');
  const retried = metrics.counter('parley_router_retries_total', 'Batches a live hub did not take at first');
  const stopping = new AbortController();
  let subscription: Subscription | null = null;

  async function onChanges(records: readonly BusRecord[], isNew: (record: BusRecord) => boolean): Promise<void> {
    const deliveries = applyChanges(records.every(isNew) ? records : records.filter(isNew));
    if (deliveries.length === 0) return;
    const perHub = await addressDeliveries(registry, deliveries);
    // All are waited for, also when one of them fails: what is handed over again must not meet what is still under way.
    const delivered = await Promise.allSettled([...perHub].map(([hub, own]) => deliverAll(hub, own)));
    for (const each of delivered) if (each.status === 'rejected') throw each.reason;
  }

  async function deliverAll(hub: HubId, deliveries: readonly Delivery[]): Promise<void> {
    for (const some of cutDeliveries(deliveries)) await deliver(hub, some);
  }

  /** Resolves when the hub has them all, or has left the registry: then its clients resume from their positions (rule 15). */
  async function deliver(hub: HubId, deliveries: readonly Delivery[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await deps.realtimeOf(hub).deliver(systemContext('router'), deliveries);
        routed.add(deliveries.length);
        return;
      } catch (thrown) {
        retried.add();
        log.warn({ hub, failures, err: thrown }, 'a hub did not take its deliveries');
      }
      if (!(await registry.hubs()).includes(hub)) return;
      const pauseMs = Math.min(config.retryMaxMs, config.retryFirstMs * 2 ** Math.min(failures, 10));
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch((cause) => {
        throw fail('service.unavailable', { detail: 'The router is stopping.', cause });
      });
    }
  }

  const api: RouterApi = {
    async route(ctx, deliveries) {
      const perHub = await addressDeliveries(registry, deliveries);
      const sent = [...perHub].map(async ([hub, own]) => {
        try {
          // Nobody acts here any more: it was decided before, and a hub's stream carries no principal.
          await deps.realtimeOf(hub).deliver({ ...ctx, principal: null }, own);
          routed.add(own.length);
        } catch (thrown) {
          // Not durable: what a hub does not take now is lost.
          log.debug({ hub, err: thrown }, 'a hub did not take ephemeral deliveries');
        }
      });
      await Promise.all(sent);
    },
  };
  const unit: Unit = {
    async start() {
      const startLsn = await deps.startLsn?.();
      const isNew = startLsn === undefined ? () => true : createStartFilter(startLsn);
      const { maxBatch } = config;
      const handler = (records: readonly BusRecord[]) => onChanges(records, isNew);
      const { group, topics: read } = routerGroups.router;
      subscription = await bus.subscribe(group, read, handler, { maxBatch });
    },
    async stop() {
      stopping.abort();
      await subscription?.close();
    },
  };
  return { api, unit };
}
