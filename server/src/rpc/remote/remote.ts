import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { fail, toFailure } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { InstanceSource } from '../../model/instance.ts';
import { copyValue } from '../copy-value.ts';
import type { RpcMethod, RpcService } from '../rpc-service.ts';
import { callSomewhere } from './call-somewhere.ts';
import { createBalancer } from './create-balancer.ts';
import { createLanes, type SpreadMethod } from './create-lanes.ts';
import type { Peers } from './create-peers.ts';

export interface RemoteDeps {
  readonly source: InstanceSource;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Call = (
  ctx: Context,
  args: readonly unknown[],
  onResult: ((...result: unknown[]) => void) | undefined,
) => Promise<unknown>;

/**
 * A service of which any instance may answer: the one that the key of the call chooses (rule 3), or each in turn. Calls that
 * were lost on their way are made again elsewhere, within the caller's deadline, when they are idempotent or certainly did not
 * begin; an instance that calls do not get through to is left out until one does.
 */
export function createRemote<T extends object>(rpc: RpcService<T>, deps: RemoteDeps): T {
  const { clock } = deps;
  const repeats = deps.metrics.counter(
    'parley_rpc_repeats_total',
    'Calls made again because they were lost on their way',
  );
  const onRepeat = (): void => repeats.add();
  const balancer = createBalancer({ service: rpc.name, ...deps });
  return createProxy(rpc, (method) => {
    if (method.kind === 'ordered') throw new Error(`${method.path} keeps an order and needs to know its instance`);
    if (method.kind === 'results' && method.spread) {
      const lanes = createLanes({ method: method as SpreadMethod, balancer, clock, log: deps.log, onRepeat });
      return (ctx, args, onResult) => lanes.call(ctx, args.map(copyValue), onResult);
    }
    // Copied, because it may be sent later than now.
    return (ctx, args, onResult) =>
      callSomewhere({ balancer, clock, onRepeat }, method, ctx, args.map(copyValue), onResult);
  });
}

/** A service at one address: nothing is made again, and nobody else answers instead. */
export function createRemoteAt<T extends object>(rpc: RpcService<T>, address: string, peers: Peers): T {
  return createProxy(rpc, (method) => (ctx, args, onResult) => peers.of(address).call(method, ctx, args, onResult));
}

/** Instances of a service that are not alike. */
export interface Remotes<T> {
  /** The one with this id; its calls fail with `service.unavailable` while nobody knows where it is. */
  of(id: string): T;
}

export function createRemotes<T extends object>(
  rpc: RpcService<T>,
  deps: Pick<RemoteDeps, 'source' | 'peers'>,
): Remotes<T> {
  const { source, peers } = deps;
  return {
    of: (id) =>
      createProxy(rpc, (method) => async (ctx, args, onResult) => {
        const address = source.addressOf(id);
        if (address !== undefined) return peers.of(address).call(method, ctx, args, onResult);
        void source.refresh();
        throw fail('service.unavailable', `The ${rpc.name} ${id} is not known yet, or no more.`);
      }),
  };
}

/** An object with the methods of the api. What a call throws before it is made is thrown by its promise. */
function createProxy<T extends object>(rpc: RpcService<T>, create: (method: RpcMethod) => Call): T {
  const methods = Object.entries<RpcMethod>(rpc.methods).map(([name, method]) => {
    const call = create(method);
    const run = async (ctx: Context, ...given: readonly unknown[]): Promise<unknown> => {
      const last = given.at(-1);
      // The listener of results may be left out, or given as undefined.
      const hears = method.kind === 'results' && (typeof last === 'function' || last === undefined);
      const args = hears ? given.slice(0, -1) : given;
      const onResult = hears ? (last as (...result: unknown[]) => void) : undefined;
      try {
        return await call(ctx, args, onResult);
      } catch (thrown) {
        throw toFailure(thrown);
      }
    };
    return [name, run] as const;
  });
  return Object.fromEntries(methods) as T;
}
