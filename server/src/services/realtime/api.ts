import type { Context, Principal } from '../../kernel/context.ts';
import type { AccountId, ConnectionId, ConversationId } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Continuity, Position } from '../../model/position.ts';
import type { Presence } from '../../model/presence.ts';
import type { ConversationView } from '../chat/api.ts';

/**
 * What the router calls: one batch per hub, in order. Resolves when every delivery is in the queues it belongs to, or is
 * kept in order for a conversation that first has to fetch a hole or introduce a new member.
 */
export interface RealtimeApi {
  deliver(ctx: Context, deliveries: readonly Delivery[]): Promise<void>;
  /** The change stream had a gap (slot lost, router restarted): compare heads and fetch before delivering on (rule 16). */
  doubt(ctx: Context, reason: string): Promise<void>;
}

/** One open socket as the hub sees it; protocols/shared builds it from an upgraded request. */
export interface Outlet {
  /** Hands whole frames to the kernel; called at most once per turn of the event loop. */
  write(frames: Buffer): void;
  /** Bytes written but not yet taken by the kernel. */
  readonly buffered: number;
  /** Sends a close frame and gives the peer a moment before the socket is destroyed. */
  close(code: number, reason: string): void;
  /** Calls back once when everything written has been taken; at once or in a later turn when nothing is waiting. */
  onDrain(callback: () => void): void;
  /** Asks the peer for a sign of life below the protocol (a WebSocket ping); its answer is reported by `Connection.heard`. */
  ping?(): void;
}

/**
 * The deliveries that connections are told of as they came. Of `members` and `conversation` the hub makes what each connection may
 * know of them; `revoked` ends connections.
 */
export type ToldDelivery = Extract<
  Delivery,
  {
    readonly kind:
      | 'message'
      | 'edited'
      | 'deleted'
      | 'reaction'
      | 'pinned'
      | 'ephemeral'
      | 'typing'
      | 'receipt'
      | 'preferences';
  }
>;

/** What the hub itself has to say. */
export type HubNotice =
  /** The profile of somebody whom the connection shows has changed, or the account's own. */
  | { readonly kind: 'user'; readonly profile: Profile }
  | { readonly kind: 'presence'; readonly user: AccountId; readonly online: boolean; readonly lastSeen: string | null }
  | {
      readonly kind: 'conversation';
      readonly change: 'created' | 'updated' | 'joined' | 'left' | 'deleted';
      readonly rev: number;
      /** The event stands for every rev after this one up to `rev`. */
      readonly since?: number;
      /** The whole view for the one who joined; what is known of it for the others. */
      readonly conversation: Partial<ConversationView> & { readonly id: ConversationId };
      readonly user?: AccountId;
    }
  | {
      readonly kind: 'resumed';
      readonly ref: string | number | null;
      readonly conversations: readonly ResumedConversation[];
      readonly more: boolean;
    }
  /** What has no rev (preferences, profiles, the end of a stay that was not known here) may have been missed: read it anew. */
  | { readonly kind: 'missed' }
  | { readonly kind: 'drain'; readonly reconnectInMs: number };

/** What a connection is told; an Encoder turns it into the bytes of its protocol. */
export type HubEvent = ToldDelivery | HubNotice;

/** Whose profile is not known has empty names. */
export interface Senders {
  get(id: AccountId): Profile;
}

export interface ResumedConversation {
  readonly conversation: ConversationId;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly seq: number;
  readonly rev: number;
  readonly continuity: Continuity;
  readonly unread: number;
  readonly left: boolean;
}

/** A protocol's way of saying it. Called once per event and protocol, not once per recipient. */
export interface Encoder {
  /** Its name; behind a colon what tells apart those who are told differently: encoders of one text say the same. */
  readonly protocol: string;
  /**
   * Ready-made WebSocket frame(s); null: this protocol has no word for it. What it throws ends the connections that the event was
   * for, and nobody else's (rule 32).
   */
  encode(event: HubEvent, senders: Senders): Buffer | null;
}

export interface Connection {
  readonly id: ConnectionId;
  readonly principal: Principal;
  /** Queues an answer of the protocol itself (ready, sent, error, pong) in order with the live frames. */
  send(frame: Buffer): void;
  /**
   * Holds the live frames of the named conversations back, writes their backlog and then `resumed`, which covers all of the
   * caller's conversations. Without positions: summaries only.
   */
  resume(ref: string | number | null, positions: ReadonlyMap<ConversationId, Position> | null): Promise<void>;
  /** Replaces the watched users (≤ 500) and tells their present state. */
  watchPresence(users: readonly AccountId[]): void;
  /** The client was heard: any frame, any pong. */
  heard(): void;
  /** Extends the credential (a second `auth` frame); milliseconds since the epoch. */
  renew(expiresAt: number): void;
  /** The socket has gone: forgets the connection. Idempotent. */
  closed(): void;
}

/** Who is online, on whichever hub. */
export interface PresenceApi {
  /** Never rejects; who is left out is offline, as far as the caller is told: who has blocked them is. */
  presenceOf(ctx: Context, users: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Presence>>;
}

/** The in-process registry of connections of one realtime process. */
export interface HubApi {
  readonly heartbeatMs: number;
  /**
   * Opening order of rule 15: registered locally, registry confirmed, session checked. Throws `session.revoked` or
   * `service.overloaded` (admission budget); `closed` must be called in every case once the socket has gone.
   * Live frames are held until `ready` has been queued: `greet` gives that frame.
   */
  open(
    ctx: Context,
    request: {
      readonly principal: Principal;
      readonly expiresAt: number;
      /**
       * What was shown is the session's own, its cookie: at `expiresAt`, and again and again from then on, the hub asks by itself
       * whether the session is alive, and the connection lives as long as it.
       */
      readonly lasting?: boolean;
      readonly outlet: Outlet;
      readonly encoder: Encoder;
      /** An open connection that this one shares the socket with: the bytes that wait in it are counted there, once. */
      readonly sharing?: Connection;
      /** What is said in other conversations is not told; the protocol changes it as it likes. Absent: everything is told. */
      readonly only?: ReadonlySet<ConversationId>;
      /** Nothing is told of these before a resume that names them, which `greet` begins; else something could come twice. */
      readonly withheld?: Iterable<ConversationId>;
      greet(connection: Connection): Buffer | null;
    },
  ): Promise<Connection>;
  readonly connectionCount: number;
}
