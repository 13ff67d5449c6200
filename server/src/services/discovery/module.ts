import type { Clock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Instance } from '../../model/instance.ts';
import type { InstanceStore, StoredInstances } from '../../ports/instance-store.ts';
import { type DiscoveryApi, leaseLimits } from './api.ts';
import { parseInstance } from './parse-instance.ts';

export interface DiscoveryDeps {
  readonly store: InstanceStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The store is the caller's to close. */
export function createDiscovery(deps: DiscoveryDeps): { readonly api: DiscoveryApi; readonly unit: Unit } {
  const { store, clock, log, metrics } = deps;
  const live = metrics.gauge('parley_discovery_instances', 'Live instances of all services');
  const began = clock.monotonic();
  /** When something was last out of order: leases may have run out meanwhile, because nobody could renew them. */
  let troubleAt = began;
  let away = false;
  let turn = 0;

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      away = false;
      return answer;
    } catch (thrown) {
      if (!away) log.warn({ err: thrown }, 'the store of instances does not answer');
      away = true;
      throw thrown;
    } finally {
      if (away) troubleAt = clock.monotonic();
    }
  }

  async function list(): Promise<StoredInstances> {
    const found = await ask(() => store.list());
    live.set(found.instances.length);
    return found;
  }

  async function find(names: readonly string[]): Promise<StoredInstances> {
    const { instances, ageMs } = await list();
    return { instances: instances.filter(({ service }) => names.includes(service)), ageMs };
  }

  const api: DiscoveryApi = {
    async registerService(_ctx, instances, leaseMs) {
      if (!(leaseMs >= leaseLimits.minMs && leaseMs <= leaseLimits.maxMs))
        throw fail('request.invalid', `A lease lasts ${leaseLimits.minMs} to ${leaseLimits.maxMs} ms.`);
      const parsed: readonly Instance[] = instances.map(parseInstance);
      await ask(() => store.put(parsed, leaseMs));
      log.info({ instances: parsed }, 'registered');
    },
    heartbeat: (_ctx, ids) => ask(() => store.renew(ids)),
    async unregisterService(_ctx, ids) {
      await ask(() => store.remove(ids));
      log.info({ ids }, 'unregistered');
    },
    async discoverServices(_ctx, names) {
      const { instances, ageMs } = await find(names);
      return { instances, settled: Math.min(ageMs, clock.monotonic() - troubleAt) >= leaseLimits.maxMs };
    },
    async discoverService(_ctx, name) {
      const { instances } = await find([name]);
      return instances[turn++ % instances.length] ?? null;
    },
    async statusCheck() {
      const uptimeSeconds = Math.round((clock.monotonic() - began) / 1_000);
      const found = await list().catch(() => null);
      return { store: found ? 'ok' : 'away', uptimeSeconds, instances: found?.instances.length ?? null };
    },
  };
  const unit: Unit = {
    health: () => (away ? { status: 'down', detail: 'the store of instances does not answer' } : { status: 'ok' }),
  };
  return { api, unit };
}
