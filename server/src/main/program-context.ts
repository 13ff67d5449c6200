import type { Clock } from '../kernel/clock.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Bus } from '../ports/bus.ts';
import type { HubRegistry } from '../ports/hub-registry.ts';
import type { InstanceStore } from '../ports/instance-store.ts';
import type { Mailer } from '../ports/mail.ts';
import type { Replication } from '../ports/replication.ts';
import type { Opened as SharedOpened } from '../ports/service.ts';
import type { Sql } from '../ports/sql.ts';
import type { StorageGuard } from '../ports/storage-guard.ts';
import type { HttpHalf, ServiceStatus, SocketHalf } from '../protocols/shared/halves.ts';
import type { HttpServer } from '../runtime/http.ts';
import type { Module, Wired } from '../runtime/modules.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { ChatApi, SendMessages } from '../services/chat/api.ts';
import type { IdentityApi } from '../services/identity/api.ts';
import type { PresenceApi } from '../services/realtime/api.ts';
import type { WiredRealtime } from '../services/realtime/init.ts';
import type { RelayDatabase } from '../services/relay/config.ts';
import type { StoringService } from './all-services.ts';
import type { Options } from './options.ts';
import type { OwnProcess } from './own-process.ts';
import type { Pressure } from './pressure.ts';
import type { Processes } from './processes.ts';
import type { Services } from './services.ts';

/** What a module has opened before it is wired: the database of a service by its name, and what all may share. */
export type Opened = StoringService | SharedOpened;

/** The open adapters: what is ready before the first module is wired, and closed after the last has stopped. */
export interface Foundation {
  readonly sql: Readonly<Record<StoringService, Sql>>;
  /** A database per distinct URL, with the publications of the schemas it holds. */
  readonly databases: readonly RelayDatabase[];
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

/** What modules are wired from: complete before the first of them, and the same for all. */
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
  readonly pressure: Pressure;
  /** Of the whole system, as far as this process can see it. */
  status(): Promise<ServiceStatus>;
}

/** What the modules of a process provide to those that come after them. */
export interface Provided {
  readonly hub: WiredRealtime['provides'];
  /** identity as protocols use it: tokens are verified here, everything else where identity runs. */
  readonly access: { readonly identity: IdentityApi };
  /** chat as protocols use it: drafts may go by way of a queue. */
  readonly sending: { readonly chat: ChatApi & SendMessages };
  readonly http: { readonly http: HttpServer; readonly presence: PresenceApi };
  readonly rest: HttpHalf;
  readonly sockets: SocketHalf;
}

/** `opens`: what of the foundation it is wired from. */
export interface ProgramModule extends Module<ProgramContext, Provided> {
  readonly opens?: readonly Opened[];
}

/** What `init` of a module gives back that provides something. */
export interface Provides<K extends keyof Provided> extends Wired<Provided[K]> {
  readonly provides: Provided[K];
}

/** What the public's ports and the protocols behind them are wired from. */
export interface PublicContext extends ProgramContext {
  readonly http: HttpServer;
  readonly identity: IdentityApi;
  readonly chat: ChatApi & SendMessages;
  /** What the protocols have in this process: their HTTP half, their sockets, or both. */
  readonly halves: { readonly http: HttpHalf | null; readonly sockets: SocketHalf | null };
}
