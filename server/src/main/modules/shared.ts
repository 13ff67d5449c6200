import type { ProgramContext } from '../program-context.ts';

/** What every service gets alike. */
export function shared(p: ProgramContext, service: string) {
  return { bus: p.bus, metrics: p.metrics, clock: p.clock, log: p.log.child({ service }) };
}

/** An api of which some methods are done here. */
export function override<T extends object>(api: T, own: Partial<T>): T {
  return new Proxy(api, { get: (target, method) => own[method as keyof T] ?? target[method as keyof T] });
}
