import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { pause } from '../../kernel/pause.ts';
import type { RpcMethod } from '../rpc-service.ts';
import type { Balancer } from './create-balancer.ts';
import { backOffMs, mayRepeat } from './repeat.ts';

export interface SomewhereDeps {
  readonly balancer: Balancer;
  readonly clock: Clock;
  onRepeat(): void;
}

/** Makes the call at the instance its key chooses, or at any; elsewhere when it was lost on its way and may be made again. */
export async function callSomewhere(
  deps: SomewhereDeps,
  method: RpcMethod,
  ctx: Context,
  args: readonly unknown[],
  onResult?: (...result: unknown[]) => void,
): Promise<unknown> {
  const { balancer, clock } = deps;
  const key = method.key?.(ctx, ...args) ?? null;
  let avoid: string | null = null;
  let failures = 0;
  let heard = false;
  const hear =
    onResult &&
    ((...result: unknown[]): void => {
      heard = true;
      onResult(...result);
    });
  while (true) {
    const endpoint = balancer.choose(key, avoid);
    if (!endpoint) {
      await balancer.wait(ctx);
      continue;
    }
    try {
      return await endpoint.run((peer) => peer.call(method, ctx, args, hear));
    } catch (thrown) {
      // What has been told once must not be told again.
      const again = !heard && !balancer.down && mayRepeat(method, thrown);
      const ms = again ? backOffMs(ctx, clock, ++failures) : null;
      if (ms === null) throw thrown;
      avoid = endpoint.address;
      deps.onRepeat();
      await pause(ms);
    }
  }
}
