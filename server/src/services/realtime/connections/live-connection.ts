import type { Principal } from '../../../kernel/context.ts';
import { type AccountId, type ConnectionId, type ConversationId, createId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';
import type { Connection, Outlet } from '../api.ts';
import type { Dialect } from '../dialect.ts';
import type { Pending } from './pending.ts';

/** What a connection asks of the hub it is open at. One object per hub, shared by all connections. */
export interface ConnectionHost {
  send(connection: LiveConnection, frame: Buffer): void;
  resume(
    connection: LiveConnection,
    ref: string | number | null,
    positions: ReadonlyMap<ConversationId, Position> | null,
  ): Promise<void>;
  watch(connection: LiveConnection, users: readonly AccountId[]): void;
  renewed(connection: LiveConnection): void;
  closed(connection: LiveConnection): void;
  /** Sweeps so far: the clock that silence is counted by. */
  readonly tick: number;
}

/**
 * How the live changes of one conversation are kept from one connection. `withheld`: none goes out, only the highest rev is
 * remembered (rule 21). Otherwise those up to `floor` are dropped, because a backlog has already told them.
 */
export interface Hold {
  withheld: boolean;
  seen: number;
  floor: number;
  /** Something about the conversation itself was withheld, which no backlog tells. */
  changed: boolean;
  /** The user's stay ended, or a new one began, meanwhile: the backlog is none of theirs any more. */
  over: boolean;
}

/** One open socket. There may be tens of thousands: no closures, no timers, nothing allocated before it is needed. */
export class LiveConnection implements Connection {
  readonly id: ConnectionId = createId();
  readonly principal: Principal;
  readonly outlet: Outlet;
  readonly dialect: Dialect;
  /** Everything else the hub keeps of them is in its index. */
  readonly user: { readonly id: AccountId };
  /** Unix milliseconds. */
  expiresAt: number;
  /** Checked again at `expiresAt`, not ended. */
  readonly lasting: boolean;
  /** `ready` has been queued: frames flow. */
  ready = false;
  /** Forgotten by the hub: nothing is queued any more. */
  gone = false;
  /** Why the hub closed it; 0: it did not. */
  closeCode = 0;
  dirty = false;
  pending: Pending | null = null;
  /** The connection that stands for the socket: itself, unless it shares one. */
  readonly socket: LiveConnection;
  /** Bytes the socket had not got rid of when last looked at; 0 in those that share another's. */
  buffered = 0;
  heardAt: number;
  holds: Map<ConversationId, Hold> | null = null;
  /** null: told of all conversations. */
  readonly only: ReadonlySet<ConversationId> | null;
  watched: readonly AccountId[] | null = null;
  /** The end of the last resume asked for; they run one after another. */
  resuming: Promise<void> | null = null;
  /** Somebody waits for the socket to drain, since this tick. */
  draining: { readonly since: number; readonly done: () => void } | null = null;
  private readonly host: ConnectionHost;

  constructor(
    host: ConnectionHost,
    user: { readonly id: AccountId },
    socket: {
      readonly principal: Principal;
      readonly expiresAt: number;
      readonly lasting?: boolean | undefined;
      readonly outlet: Outlet;
      readonly dialect: Dialect;
      readonly sharing?: Connection | undefined;
      readonly only?: ReadonlySet<ConversationId> | undefined;
    },
  ) {
    this.host = host;
    this.user = user;
    this.principal = socket.principal;
    this.outlet = socket.outlet;
    this.dialect = socket.dialect;
    this.socket = socket.sharing instanceof LiveConnection ? socket.sharing.socket : this;
    this.only = socket.only ?? null;
    this.expiresAt = socket.expiresAt;
    this.lasting = socket.lasting ?? false;
    this.heardAt = host.tick;
  }

  send(frame: Buffer): void {
    this.host.send(this, frame);
  }

  resume(ref: string | number | null, positions: ReadonlyMap<ConversationId, Position> | null): Promise<void> {
    return this.host.resume(this, ref, positions);
  }

  watchPresence(users: readonly AccountId[]): void {
    this.host.watch(this, users);
  }

  heard(): void {
    this.heardAt = this.host.tick;
  }

  renew(expiresAt: number): void {
    this.expiresAt = expiresAt;
    this.host.renewed(this);
  }

  closed(): void {
    this.host.closed(this);
  }
}
