import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Incarnation } from '../model/position.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Bus } from '../ports/bus.ts';
import type { HubRegistry } from '../ports/hub-registry.ts';
import type { InstanceStore } from '../ports/instance-store.ts';
import type { Mailer } from '../ports/mail.ts';
import type { Replication } from '../ports/replication.ts';
import type { Sql } from '../ports/sql.ts';
import type { StorageGuard } from '../ports/storage-guard.ts';
import type { HttpHalf, ServiceStatus, SocketHalf } from '../protocols/shared/halves.ts';
import type { HttpServer } from '../runtime/http.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { ChatApi, SendMessages } from '../services/chat/api.ts';
import type { IdentityApi } from '../services/identity/api.ts';
import type { HubApi, PresenceApi } from '../services/realtime/api.ts';
import type { RelayDatabase } from '../services/relay/config.ts';
import type { Options } from './options.ts';
import type { OwnProcess } from './own-process.ts';
import type { Processes } from './processes.ts';
import type { Services } from './services.ts';

/** The services that keep data of their own. */
export const storingServices = ['identity', 'people', 'chat'] as const;
export type StoringService = (typeof storingServices)[number];

/**
 * What a module has opened before it is wired: the database of a service, all databases for following their changes, the bus,
 * the hub registry, the store of instances, the folder for attachments and mail.
 */
export type Opened = StoringService | 'changes' | 'bus' | 'registry' | 'instances' | 'files';

/** The open adapters: what is ready before the first module is wired, and closed after the last has stopped. */
export interface Foundation {
  readonly sql: Readonly<Record<StoringService, Sql>>;
  /** A database per distinct URL, with the publications of the schemas it holds. */
  readonly databases: readonly RelayDatabase[];
  readonly incarnation: Incarnation;
  readonly replication: Replication;
  readonly bus: Bus;
  readonly registry: HubRegistry;
  readonly instances: InstanceStore;
  readonly storage: StorageGuard;
  readonly blobs: BlobStore;
  readonly mailer: Mailer;
  /** WAL position of the chat database now. */
  startLsn(): Promise<bigint>;
  /** What the databases, the broker, the hub registry and the storage guard say of themselves. */
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
  /** This process among the others; also the id of its hub. */
  readonly processId: string;
  readonly process: OwnProcess;
  readonly processes: Processes;
  readonly webRoot: string | null;
  createContext(name: string): Context;
  /** Of the whole system, as far as this process can see it. */
  status(): Promise<ServiceStatus>;
  onLost(error: unknown): void;
  /** Read anew when the change stream begins another history. */
  incarnation: Incarnation;
  /** Set by the modules of the same process that need it next: the public port, who is online, the hub. */
  http: HttpServer;
  presence: PresenceApi;
  hub: HubApi;
  /** What the protocols have in this process: their HTTP half, their sockets, or both. */
  readonly halves: { http: HttpHalf | null; sockets: SocketHalf | null };
  /** identity as protocols use it: tokens are verified here, everything else where identity runs. */
  identity: IdentityApi;
  /** chat as protocols use it: drafts may go by way of a queue. */
  chat: ChatApi & SendMessages;
  httpPort: number;
  /** Set by the relay's module, for the committer of the same process. */
  behind: () => boolean;
}
