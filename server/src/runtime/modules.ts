import { createDeferred } from '../kernel/deferred.ts';
import type { Unit } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';

/** What `init` gives back. */
export interface Wired<P = unknown> {
  readonly unit?: Unit;
  /** For the modules that name this one in `needs` or `after`. */
  readonly provides?: P;
}

/** What the modules before this one provide. `P`: what each of them does, by name. */
export interface Before<P> {
  /** Of one that this module names in `needs`. */
  use<K extends keyof P & string>(name: K): P[K];
  /** Of one that it names in `after`; null where that is not in this process. */
  find<K extends keyof P & string>(name: K): P[K] | null;
}

/** What is known of a module without its code. */
export interface Placed {
  readonly name: string;
  /** Modules that must run before this one. Constant data: no module may ask which others are in the process. */
  readonly needs?: readonly string[];
  /** Modules that must run before this one where they are in the same process; it does not bring them. */
  readonly after?: readonly string[];
}

/** A part of the program by name. `init` only loads code and wires it; other I/O and work begin in the unit's `start`. */
export interface Module<C, P = Readonly<Record<string, unknown>>> extends Placed {
  init?(context: C, before: Before<P>): Wired | Promise<Wired>;
}

export type State = 'new' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

/** Orders the targets and everything they need into waves; a wave starts only after the one before it runs. */
export function planModules<M extends Placed>(modules: readonly M[], targets: readonly string[]): M[][] {
  const byName = new Map<string, M>();
  for (const module of modules) {
    if (byName.has(module.name)) throw new Error(`module "${module.name}" is registered twice`);
    byName.set(module.name, module);
  }
  const wanted = findNeeded(byName, targets);
  const depths = new Map<string, number>();
  const visit = (name: string, path: readonly string[]): number => {
    if (path.includes(name)) {
      throw new Error(`modules need each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`);
    }
    const known = depths.get(name);
    if (known !== undefined) return known;
    const { needs = [], after = [] } = byName.get(name) as M;
    const before = [...needs, ...after.filter((other) => wanted.has(other))];
    const depth = Math.max(-1, ...before.map((other) => visit(other, [...path, name]))) + 1;
    depths.set(name, depth);
    return depth;
  };
  for (const name of wanted) visit(name, []);
  const waves: M[][] = [];
  for (const [name, depth] of depths) {
    waves[depth] ??= [];
    waves[depth].push(byName.get(name) as M);
  }
  return waves;
}

/** The targets and all that they need, by name. */
function findNeeded(byName: ReadonlyMap<string, Placed>, targets: readonly string[]): Set<string> {
  const found = new Set<string>();
  const add = (name: string, needer: string | null): void => {
    const module = byName.get(name);
    if (!module) {
      throw new Error(
        needer === null
          ? `unknown target "${name}"; known: ${[...byName.keys()].sort().join(', ')}`
          : `module "${needer}" needs "${name}", which is not registered`,
      );
    }
    if (found.has(name)) return;
    found.add(name);
    for (const need of module.needs ?? []) add(need, name);
  };
  for (const target of targets) add(target, null);
  return found;
}

interface Part {
  readonly name: string;
  /** Wires it; called once, before anything starts. */
  readonly init: () => Promise<Wired>;
  unit: Unit;
  /** Undefined until it is wired, and where it provides nothing. */
  provides: unknown;
  state: State;
}

/** Starts modules in the order of their needs and stops them in reverse; whoever breaks while running is told of by `failed`. */
export class Program<C, P = Readonly<Record<string, unknown>>> {
  readonly #waves: Part[][];
  readonly #log: Log;
  readonly #stopTimeoutMs: number;
  #draining: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  readonly #failed = createDeferred<never>();
  /** Rejects with the first failure of a running module. */
  readonly failed = this.#failed.promise;

  constructor(
    modules: readonly Module<C, P>[],
    targets: readonly string[],
    context: C,
    options: { log: Log; stopTimeoutMs?: number },
  ) {
    this.#log = options.log;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 10_000;
    this.#waves = planModules(modules, targets).map((wave) =>
      wave.map((module) => ({
        name: module.name,
        init: async () => (await module.init?.(context, this.#before(module))) ?? {},
        unit: {},
        provides: undefined,
        state: 'new' as State,
      })),
    );
  }

  /** What a module of this process provides; null: it is not here, or not wired yet. */
  provided<K extends keyof P & string>(name: K): P[K] | null {
    return (this.#parts.find((part) => part.name === name)?.provides as P[K] | undefined) ?? null;
  }

  /** Only what a module names is certainly wired before it. */
  #before({ name, needs = [], after = [] }: Placed): Before<P> {
    const demand = (other: string, named: readonly string[], where: string): void => {
      if (!named.includes(other))
        throw new Error(`module "${name}" asks for "${other}" and does not name it in ${where}`);
    };
    return {
      use: (other) => {
        demand(other, needs, 'needs');
        const provided = this.provided(other);
        if (provided === null) throw new Error(`module "${name}" asks for "${other}", which provides nothing`);
        return provided;
      },
      find: (other) => {
        demand(other, [...needs, ...after], 'after');
        return this.provided(other);
      },
    };
  }

  get #parts(): Part[] {
    return this.#waves.flat();
  }

  ready(): boolean {
    return (
      this.#draining === undefined &&
      this.#stopping === undefined &&
      this.#parts.every((part) => part.state === 'running')
    );
  }

  /** For /readyz and /api/v1/status: what each module says of itself. */
  health(): Record<string, { readonly status: 'ok' | 'degraded' | 'down'; readonly detail?: string }> {
    return Object.fromEntries(
      this.#parts.map((part) => [
        part.name,
        part.state === 'running' ? (part.unit.health?.() ?? { status: 'ok' }) : { status: 'down', detail: part.state },
      ]),
    );
  }

  /** A stop meanwhile makes it reject: what has not begun to start does not begin any more. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      const { unit = {}, provides } = await part.init();
      part.unit = unit;
      part.provides = provides;
    }
    for (const wave of this.#waves) {
      if (this.#draining) throw new Error('stopped before everything had started');
      const results = await Promise.allSettled(wave.map((part) => this.#startPart(part)));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure) {
        await this.stop().catch(() => {});
        throw failure.reason;
      }
    }
  }

  async #startPart(part: Part): Promise<void> {
    part.state = 'starting';
    const began = performance.now();
    try {
      await part.unit.start?.();
    } catch (cause) {
      part.state = 'failed';
      throw new Error(
        `module "${part.name}" failed to start: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    part.state = 'running';
    this.#log.debug({ module: part.name, ms: Math.round(performance.now() - began) }, 'module started');
    part.unit.failed?.catch((cause: unknown) => {
      part.state = 'failed';
      this.#failed.reject(
        new Error(`module "${part.name}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }),
      );
    });
  }

  /** Every module takes no new work; calls of other processes are still answered. Safe to call twice. */
  drain(): Promise<void> {
    this.#draining ??= this.#each('drain');
    return this.#draining;
  }

  /** Drains every module, then stops them in reverse order. Safe to call twice; one module's failure does not spare the others. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const ended = await Promise.allSettled([this.drain()]);
    ended.push(...(await Promise.allSettled([this.#each('stop')])));
    const errors = ended.flatMap((each) => (each.status === 'rejected' ? each.reason.errors : []));
    if (errors.length > 0) throw new AggregateError(errors, 'some modules failed to stop');
  }

  async #each(step: 'drain' | 'stop'): Promise<void> {
    const errors: unknown[] = [];
    for (const wave of [...this.#waves].reverse()) {
      await Promise.all(
        wave.map(async (part) => {
          if (part.state !== (step === 'drain' ? 'running' : 'stopping')) return;
          part.state = 'stopping';
          try {
            await this.#inTime(part.unit[step]?.(), step);
            if (step === 'stop') part.state = 'stopped';
          } catch (cause) {
            // what could not drain has to be stopped all the more
            if (step === 'stop') part.state = 'failed';
            errors.push(new Error(`module "${part.name}" failed to ${step}`, { cause }));
          }
        }),
      );
    }
    if (errors.length > 0) throw new AggregateError(errors, `some modules failed to ${step}`);
  }

  async #inTime(work: Promise<void> | undefined, step: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`did not ${step} within ${this.#stopTimeoutMs} ms`)),
        this.#stopTimeoutMs,
      );
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
