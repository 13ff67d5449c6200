import type * as native from '@parley/contracts';

/** Frames of the `parley.v1` socket (PROTOCOL "WebSocket"); their shapes are those of contracts/src/native. */
export type ClientFrame = native.ClientFrame;
export type ServerFrame = native.ServerFrame;

type Of<Op extends ServerFrame['op']> = Extract<ServerFrame, { op: Op }>;
export type ReadyFrame = Of<'ready'>;
export type SentFrame = Of<'sent'>;
export type ResumedFrame = Of<'resumed'>;
export type ErrorFrame = Of<'error'>;
export type ConversationFrame = Of<'conversation'>;
export type ReceiptFrame = Of<'receipt'>;
export type PresenceFrame = Of<'presence'>;
export type UserFrame = Of<'user'>;
export type TypingFrame = Of<'typing'>;
/** Frames that change a stored message, each with the conversation's rev. */
export type MessageFrame = Of<'message' | 'edited' | 'deleted' | 'reaction' | 'pinned'>;

/** Reads a frame; null: not one (a proxy's noise, or an op of a newer server, which a client ignores). */
export function parseServerFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  try {
    const frame = JSON.parse(data);
    return typeof frame === 'object' && frame !== null && typeof frame.op === 'string' ? frame : null;
  } catch {
    return null;
  }
}
