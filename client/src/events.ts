import type { Draft, Sent } from './draft.ts';
import type { ParleyError } from './errors.ts';
import type {
  ConversationFrame,
  ErrorFrame,
  MessageFrame,
  PresenceFrame,
  ReceiptFrame,
  TypingFrame,
} from './frames.ts';
import type { Message, Profile } from './types.ts';

/**
 * offline: not connected and not trying. connecting: trying. refused: the server takes no connection from here, `client.refusal` says why,
 * and only `connect` tries again. signedOut: there is no session.
 */
export type ClientState = 'signedOut' | 'offline' | 'connecting' | 'online' | 'refused';

export interface ClientEvents {
  state: ClientState;
  /** After connecting: every conversation is level with the server. */
  synced: undefined;
  /** What `conversation(id)` or `drafts(id)` gives has changed; gathered over one turn of the event loop. */
  update: { readonly conversations: readonly string[] };
  /** A message that was not there before, live or missed while away, our own included: each once, in the order of seq. */
  message: Message;
  /** An edit, deletion, reaction or pin. */
  changed: Exclude<MessageFrame, { op: 'message' }>;
  receipt: ReceiptFrame;
  typing: TypingFrame;
  presence: PresenceFrame;
  /** Somebody is shown otherwise from now on; in the conversations they are already. */
  user: Profile;
  conversation: ConversationFrame;
  sent: { readonly draft: Draft; readonly sent: Sent };
  failed: { readonly draft: Draft; readonly error: ParleyError };
  /** Something was missed and is being fetched (`hole`), or must be read anew (`lost`). */
  gap: { readonly conversation: string; readonly reason: 'hole' | 'lost' };
  /** The server refused a frame that nobody waits for. */
  refused: ErrorFrame;
}
