import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { pause } from '../../kernel/pause.ts';
import type { Instance, InstanceSource } from '../../model/instance.ts';
import type { Peer } from '../rpc-service.ts';
import { type Breaker, createBreaker } from './create-breaker.ts';
import type { Peers } from './create-peers.ts';
import { findOwner } from './rank-by-key.ts';

/** An instance as a caller sees it. */
export interface Endpoint {
  readonly address: string;
  readonly instance: Instance;
  run<T>(call: (peer: Peer) => Promise<T>): Promise<T>;
}

/** Which instance of one service a call goes to. */
export interface Balancer {
  /**
   * The owner of the key, or the next in turn, among those that calls get through to; null when there is none. `avoid` is an
   * address that is taken only when there is no other.
   */
  choose(key: string | null, avoid: string | null): Endpoint | null;
  /** Nobody has been within reach for two seconds: who needs the service finds out at once, instead of waiting in turn. */
  readonly down: boolean;
  /**
   * To be called when there is none, before choosing again. Fails with `service.unavailable` when the service is down, and with
   * `service.timeout` at the deadline.
   */
  wait(ctx: Context): Promise<void>;
}

export interface BalancerDeps {
  readonly service: string;
  readonly source: InstanceSource;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const patienceMs = 2_000;
const lookAgainMs = 50;

interface Known extends Endpoint {
  readonly breaker: Breaker;
}

export function createBalancer(deps: BalancerDeps): Balancer {
  const { service, source, peers, clock, log } = deps;
  const opened = deps.metrics.counter('parley_rpc_circuits_opened_total', 'Times an instance was found out of reach');
  let listed: readonly Instance[] = [];
  let known: readonly Known[] = [];
  let turn = 0;
  /** Since when no call has got through to anybody; null: somebody is there. */
  let downSince: number | null = null;

  function open(instance: Instance): Known {
    const { address } = instance;
    const onOpen = (): void => {
      opened.add();
      log.warn({ service, address }, 'an instance is out of reach');
      void source.refresh();
    };
    const onClose = (): void => log.info({ service, address }, 'an instance is within reach again');
    const breaker = createBreaker({ clock, onOpen, onClose });
    return { address, instance, breaker, run: (call) => breaker.run(() => call(peers.of(address))) };
  }

  /**
   * A restarted process (another id at the same address) begins with a clean record. When nobody is listed any more, those who
   * were last may still be there: the only one that is about to stop, or one too busy for its heartbeat. Calls find out.
   */
  function endpoints(): readonly Known[] {
    const now = source.list();
    if (now !== listed && (now.length > 0 || listed.length === 0)) {
      listed = now;
      const before = new Map(known.map((endpoint) => [endpoint.instance.id + endpoint.address, endpoint]));
      known = now.map((instance) => before.get(instance.id + instance.address) ?? open(instance));
    }
    return known;
  }

  const isDown = (): boolean => downSince !== null && clock.monotonic() - downSince >= patienceMs;

  return {
    get down() {
      return isDown();
    },
    choose(key, avoid) {
      const all = endpoints();
      const usable = all.filter((endpoint) => endpoint.breaker.usable);
      if (usable.some((endpoint) => endpoint.breaker.closed)) downSince = null;
      else downSince ??= clock.monotonic();
      const others = avoid === null ? usable : usable.filter(({ address }) => address !== avoid);
      const among = others.length > 0 ? others : usable;
      if (key !== null) return findOwner(key, among) ?? null;
      return among[turn++ % among.length] ?? null;
    },
    async wait(ctx) {
      void source.refresh();
      const left = ctx.deadline - clock.monotonic();
      if (left <= 0 || ctx.signal?.aborted) throw fail('service.timeout');
      if (isDown()) throw fail('service.unavailable', { retryAfterMs: 1_000 });
      await pause(Math.min(lookAgainMs, left));
    },
  };
}
