import type { Clock } from '../kernel/clock.ts';
import type { Unit } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Bus, GroupTopology } from './bus.ts';

/**
 * Adapters that are opened for whoever names them: all databases for following their changes, the bus, the hub registry, the
 * store of instances, the folder for attachments. The database of its own a service gets by saying `database`.
 */
export type Opened = 'changes' | 'bus' | 'registry' | 'instances' | 'files';

/** What every process of a service is told at once, beside the change stream: ended sessions, a reset of the stream itself. */
export type Told = 'endSessions' | 'resetStream';

/**
 * What a service says of itself, once, in its service.ts: constant data that loads nothing. Every list of services in the
 * program derives from these; those of deploy/ are held against them. `Apis`: the interfaces that other services call, by name.
 */
export interface Service<Apis extends object = object> {
  /** As `--target` and discovery name it. */
  readonly name: string;
  /** For `parley --list-targets`. */
  readonly description: string;
  /**
   * It keeps data: in a schema of its name (server/migrations), in a database of its own if the operator gives one.
   * `connections`: how many a process of it opens at the most, by the options of the program.
   */
  readonly database?: { connections(options: never): number };
  /** Topics whose records are this service's. */
  readonly topics?: readonly string[];
  /** Consumer groups and what they read. A broker must know them all before the first record (MESSAGE-PATH rule 24). */
  readonly groups?: readonly GroupTopology[];
  readonly opens?: readonly Opened[];
  /** Modules (main/modules) that run before it where they are in the same process. */
  readonly after?: readonly string[];
  /** The name of its module where that is not its own: then main/modules says what its target brings. */
  readonly module?: string;
  /** False: there is nothing for it to do where all services are one process. */
  readonly inAll?: false;
  /**
   * What it can do none of its work without, by the names of parts in the status of its process; `database` is its own. Who faces
   * people needs nothing: what one instance lacks all of them lack, and out of the balancer none of them could tell people so.
   */
  readonly needs: readonly string[];
  /** People use the system through it: without it the system is down, without another one it is degraded. */
  readonly vital?: true;
  readonly hears?: readonly Told[];
  /** On what it answers the public. */
  readonly ports?: readonly ('http' | 'grpc')[];
  /** How many `parley cluster` starts unless told. */
  readonly instances: number;
  /** Two may not run at once, anywhere or in `parley cluster`. */
  readonly single?: 'anywhere' | 'in a cluster';
  /** How its interfaces cross the wire, loaded where they do. */
  readonly rpc?: { readonly [K in keyof Apis]: () => Promise<Rpc<Apis[K]>> };
  /** Loads its code and wires it to what the program has; no input or output before the unit starts. */
  readonly init?: (p: never) => Promise<WiredService<Apis>>;
}

/** The table of an interface's calls (rpc/rpc-service.ts), as far as it is known here. */
interface Rpc<T> {
  /** The service that answers them. */
  readonly name: string;
  readonly methods: { readonly [K in keyof T]: unknown };
}

export interface WiredService<Apis extends object = object> {
  readonly unit: Unit;
  /** Its interfaces, for other services here and elsewhere. */
  readonly apis: Apis;
  /** For modules of the same process that come after it. */
  readonly provides?: object;
}

/** What every service gets alike. */
export interface ServiceParts {
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export function partsFor({ bus, metrics, clock, log }: ServiceParts, service: string): ServiceParts {
  return { bus, metrics, clock, log: log.child({ service }) };
}
