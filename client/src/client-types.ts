import type { Api } from './api.ts';
import type { Clock } from './clock.ts';
import type { Refusal, SocketConstructor } from './connection.ts';
import type { ConversationState } from './conversation-state.ts';
import type { Draft, Sent } from './draft.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents, ClientState } from './events.ts';
import type { KeyValueStore } from './key-value-store.ts';
import type { CredentialMode, NewAccount } from './session.ts';
import type { Account, Presence, Profile, SendableContent, Tokens } from './types.ts';

export interface ClientOptions {
  /** Address of the server, such as `https://chat.example`. */
  readonly url: string;
  /** tokens (default): this client keeps and refreshes them. cookie: the browser does, out of reach of scripts. */
  readonly credentials?: CredentialMode;
  readonly fetch?: typeof fetch;
  /** Needed where there is no global one (Node 20: the class of `ws`). */
  readonly WebSocket?: SocketConstructor;
  /** Keeps session and unsent drafts over a reload; default: memory. */
  readonly storage?: KeyValueStore;
  readonly clock?: Clock;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  /** Tell the server of every message received (default true). */
  readonly acknowledge?: boolean;
  /** Unanswered sends at a time (default 32). */
  readonly window?: number;
  /** Drafts that may wait (default 1000). */
  readonly maxDrafts?: number;
  /** Loaded messages that a conversation keeps (default 2000). */
  readonly keepMessages?: number;
  /** How long a call that fails for now is repeated before it is an error, milliseconds (default 20 s: a person waits). */
  readonly patienceMs?: number;
}

export interface SendOptions {
  /** The message's id: 1–128 printable characters; default: a fresh UUIDv7. */
  readonly id?: string;
  readonly replyTo?: number;
  readonly thread?: number;
  readonly mentions?: readonly string[];
}

export interface Client {
  readonly api: Api;
  readonly state: ClientState;
  /** Why the server refuses to be connected to; null unless `state` is 'refused'. */
  readonly refusal: Refusal | null;
  /** null: signed out. */
  readonly account: Account | null;
  /** Signed out here, and the server could not be told yet; it is before anybody signs in. With credentials 'cookie' only. */
  readonly leaving: boolean;
  signUp(body: NewAccount): Promise<Account>;
  signIn(body: { login: string; password: string; device?: string }): Promise<Account>;
  signOut(): Promise<void>;
  /** Takes up the session given, stored, or known to the browser; null: there is none, sign in. */
  restore(given?: { account: Account; tokens: Tokens }): Promise<Account | null>;
  /** Connects and stays connected until `close`. Throws `session.missing`. */
  connect(): void;
  close(): void;
  on: Emitter<ClientEvents>['on'];

  /** The conversations known, in no order. */
  conversations(): readonly ConversationState[];
  conversation(id: string): ConversationState | undefined;
  /** Reads a conversation that was just made or joined, without waiting for its frame. Undefined: not ours. */
  fetchConversation(id: string): Promise<ConversationState | undefined>;
  /** True once the conversations have been read. */
  readonly listed: boolean;
  /** Messages not yet acknowledged, in order. */
  drafts(conversation: string): readonly Draft[];
  /**
   * Sends, now or as soon as there is a connection. `sent` resolves once the server has stored it, and rejects with
   * ParleyError when it never will. Throws `outbox.full`, `session.missing`.
   */
  send(conversation: string, content: SendableContent, options?: SendOptions): { id: string; sent: Promise<Sent> };
  /** Tries a failed draft again, behind what was written since. */
  retry(conversation: string, id: string): void;
  /** Gives a draft up that is not on its way. */
  discard(conversation: string, id: string): void;
  /** Loads the page before what is loaded; false: there is nothing older. */
  loadOlder(conversation: string, limit?: number): Promise<boolean>;
  /** Reads how far the others have read; later changes come by themselves. */
  loadReceipts(conversation: string): Promise<void>;
  markRead(conversation: string, seq: number): void;
  /** Call while someone writes; repeats are held back. */
  setTyping(conversation: string, on: boolean): void;
  /** Whose presence is told, at most 500; replaces the last list. */
  watchPresence(users: readonly string[]): void;
  presence(user: string): Presence | undefined;
  /** How somebody is shown, as far as it was told or read lately. In conversations they are shown so already. */
  user(id: string): Profile | undefined;
}
