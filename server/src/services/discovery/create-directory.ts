import type { Clock } from '../../kernel/clock.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { pause } from '../../kernel/pause.ts';
import type { Instance, InstanceSource } from '../../model/instance.ts';
import type { DiscoveryApi } from './api.ts';
import { type AddressBook, createAddressBook } from './create-address-book.ts';
import { createAsker } from './create-asker.ts';
import { mergeInstances } from './merge-instances.ts';

export interface DirectoryConfig {
  /** How often what others run is asked for, and how often this process says that it lives. */
  readonly pollMs: number;
  readonly heartbeatMs: number;
  /** How long an instance counts as alive without a heartbeat. */
  readonly leaseMs: number;
  /** Between two polls, however often somebody wants to know at once. */
  readonly minGapMs: number;
  /** How long one discovery process may take to answer before the next one is asked. */
  readonly answerMs: number;
}

export interface DirectoryDeps {
  /** A discovery process each, in the order they are tried; the first that answers is kept. */
  readonly discovery: readonly Pick<
    DiscoveryApi,
    'registerService' | 'heartbeat' | 'unregisterService' | 'discoverServices'
  >[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly config?: Partial<DirectoryConfig>;
}

/** The caller's side of discovery: who runs what, as last known, and this process among them. */
export interface Directory {
  /** Who runs the service. While discovery is away the last answer stays, for ever. */
  source(service: string): InstanceSource;
  /** From now on this process runs these, until `withdraw`; may be called before discovery is there. */
  announce(instances: readonly Instance[]): void;
  /** They stop: callers turn to others within a poll. Waits for a discovery process that does not answer, but not for long. */
  withdraw(): Promise<void>;
  readonly unit: Unit;
}

const defaults: DirectoryConfig = { pollMs: 1_000, heartbeatMs: 1_000, leaseMs: 6_000, minGapMs: 100, answerMs: 2_500 };

export function createDirectory(deps: DirectoryDeps): Directory {
  const { clock, log, metrics } = deps;
  const config = { ...defaults, ...deps.config };
  const known = new Map<string, readonly Instance[]>();
  const books = new Map<string, AddressBook>();
  const gauge = metrics.gauge('parley_directory_instances', 'Instances of other services that this process knows');
  const asker = createAsker({ ...deps, answerMs: config.answerMs });
  const intervals: NodeJS.Timeout[] = [];
  let own: readonly Instance[] = [];
  let registered: readonly Instance[] = [];
  let leaving = false;
  let polledAt = Number.NEGATIVE_INFINITY;
  let polling: Promise<void> | null = null;
  let beating: Promise<void> | null = null;

  async function poll(): Promise<void> {
    const waitMs = polledAt + config.minGapMs - clock.monotonic();
    if (waitMs > 0) await pause(waitMs);
    polledAt = clock.monotonic();
    const names = [...known.keys()];
    const answer = await asker.ask((discovery, ctx) => discovery.discoverServices(ctx, names));
    if (!answer) return;
    for (const name of names) {
      const before = known.get(name) ?? [];
      const after = mergeInstances(
        before,
        answer.value.instances.filter(({ service }) => service === name),
        // What another discovery process has not heard yet is no reason to drop anybody.
        answer.value.settled && answer.sameForMs >= config.leaseMs,
      );
      if (after === before) continue;
      known.set(name, after);
      books.get(name)?.note(after);
      log.info({ service: name, instances: after.map(({ address }) => address) }, 'the instances of a service changed');
    }
    gauge.set([...known.values()].reduce((sum, instances) => sum + instances.length, 0));
  }

  /** One poll at a time: whoever wants to know at once shares it. */
  function refresh(): Promise<void> {
    polling ??= poll().finally(() => {
      polling = null;
    });
    return polling;
  }

  async function beat(): Promise<void> {
    const ids = idsOf(registered);
    if (ids.length > 0) {
      const answer = await asker.ask((discovery, ctx) => discovery.heartbeat(ctx, ids));
      if (!answer) return;
      registered = registered.filter(({ id }) => answer.value[ids.indexOf(id)]);
    }
    const missing = own.filter((instance) => !registered.includes(instance));
    if (missing.length === 0 || leaving) return;
    const answer = await asker.ask((discovery, ctx) => discovery.registerService(ctx, missing, config.leaseMs));
    if (answer) registered = [...registered, ...missing];
  }

  function keepAlive(): void {
    if (own.length === 0 || leaving) return;
    beating ??= beat().finally(() => {
      beating = null;
    });
  }

  async function withdraw(): Promise<void> {
    leaving = true;
    await beating;
    const ids = idsOf(registered);
    registered = [];
    if (ids.length > 0) await asker.ask((discovery, ctx) => discovery.unregisterService(ctx, ids));
  }

  return {
    source(service) {
      if (!known.has(service)) {
        known.set(service, []);
        books.set(service, createAddressBook());
        // Soon, together with others that are asked for now; what is under way has not asked for this one.
        setImmediate(async () => {
          await polling;
          await refresh();
        });
      }
      return {
        list: () => known.get(service) ?? [],
        addressOf: (id) => books.get(service)?.find(id),
        refresh,
      };
    },
    announce(instances) {
      own = [...own, ...instances];
      keepAlive();
    },
    withdraw,
    unit: {
      async start() {
        intervals.push(
          setInterval(() => void refresh(), config.pollMs),
          setInterval(keepAlive, config.heartbeatMs),
        );
      },
      drain: withdraw,
      async stop() {
        for (const timer of intervals) clearInterval(timer);
        await withdraw();
        await polling;
      },
      health: () => asker.health(),
    },
  };
}

function idsOf(instances: readonly Instance[]): string[] {
  return [...new Set(instances.map(({ id }) => id))];
}
