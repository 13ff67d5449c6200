import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Incarnation } from '../model/position.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Bus } from '../ports/bus.ts';
import type { HubRegistry } from '../ports/hub-registry.ts';
import type { Mailer } from '../ports/mail.ts';
import type { Replication } from '../ports/replication.ts';
import type { Sql } from '../ports/sql.ts';
import type { StorageGuard } from '../ports/storage-guard.ts';
import type { ServiceStatus } from '../protocols/native/native-deps.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { HubApi } from '../services/realtime/api.ts';
import type { RelayDatabase } from '../services/relay/config.ts';
import type { Options } from './options.ts';
import type { Services } from './services.ts';

/** The services that keep data of their own. */
export const storingServices = ['identity', 'people', 'chat'] as const;
export type StoringService = (typeof storingServices)[number];

/** The open adapters: what is ready before the first module is wired, and closed after the last has stopped. */
export interface Foundation {
  readonly sql: Readonly<Record<StoringService, Sql>>;
  /** A database per distinct URL, with the publications of the schemas it holds. */
  readonly databases: readonly RelayDatabase[];
  readonly incarnation: Incarnation;
  readonly replication: Replication;
  readonly bus: Bus;
  readonly registry: HubRegistry;
  readonly storage: StorageGuard;
  readonly blobs: BlobStore;
  readonly mailer: Mailer;
  /** WAL position of the chat database now. */
  startLsn(): Promise<bigint>;
  /** What the databases and the storage guard say of themselves. */
  health(): Readonly<Record<string, Health>>;
  /** Rejects when an adapter is lost for good. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** What modules are wired from. */
export interface ProgramContext extends Foundation {
  readonly options: Options;
  readonly log: Log;
  readonly metrics: Telemetry;
  readonly clock: Clock;
  readonly services: Services;
  readonly webRoot: string | null;
  createContext(name: string): Context;
  status(): ServiceStatus;
  onLost(error: unknown): void;
  /** Read anew when the change stream begins another history (main/on-reset). */
  incarnation: Incarnation;
  /** Set by the hub's module, for the protocols of the same process. */
  hub: HubApi;
  httpPort: number;
  /** Set by the relay's module, for the committer of the same process. */
  behind: () => boolean;
}
