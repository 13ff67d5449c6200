import { v7 } from 'uuid';

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Our own ids are UUIDv7 in lower case, except a direct conversation's, which is derived from its two members. */
export type AccountId = Brand<string, 'AccountId'>;
export type SessionId = Brand<string, 'SessionId'>;
export type ConversationId = Brand<string, 'ConversationId'>;
export type AttachmentId = Brand<string, 'AttachmentId'>;
export type ConnectionId = Brand<string, 'ConnectionId'>;
export type HubId = Brand<string, 'HubId'>;
/** Chosen by the sender, 1–128 printable characters, unique per conversation and sender: the idempotency key. */
export type MessageId = Brand<string, 'MessageId'>;

/** A fresh id that sorts by its time of creation (RFC 9562, version 7). */
export function createId<T extends string>(): T {
  return v7() as T;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && uuid.test(text);
}

/** An id that a caller may choose: of version 4 or 7, so that it cannot be one that the server derives (RFC 9562). */
export function isChosenId(text: unknown): text is string {
  return isUuid(text) && /^[47]$/.test(text.charAt(14));
}
