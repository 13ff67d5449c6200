/** The native protocol's client for browsers and Node (client/README.md). */
export type { Api, PageRequest } from './api.ts';
export { createClient } from './client.ts';
export type { Client, ClientOptions, SendOptions } from './client-types.ts';
export { type Clock, systemClock } from './clock.ts';
export type { Refusal, SocketConstructor, SocketLike } from './connection.ts';
export type { ConversationLog } from './conversation-log.ts';
export type { ConversationState } from './conversation-state.ts';
export { createId } from './create-id.ts';
export type { Draft, Sent } from './draft.ts';
export { type LocalCode, ParleyError } from './errors.ts';
export type { ClientEvents, ClientState } from './events.ts';
export type { ClientFrame, ServerFrame } from './frames.ts';
export { createMemoryStore, createWebStore, type KeyValueStore } from './key-value-store.ts';
export type { CredentialMode, NewAccount } from './session.ts';
export type * from './types.ts';
