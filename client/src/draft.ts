import type { SendableContent } from './types.ts';

/** A message on its way: kept, and sent again under the same id, until the server has answered. */
export interface Draft {
  readonly id: string;
  readonly conversation: string;
  readonly content: SendableContent;
  readonly replyTo?: number | undefined;
  readonly thread?: number | undefined;
  readonly mentions?: readonly string[] | undefined;
  /** When it was written here, ISO 8601. */
  readonly createdAt: string;
  /** Place in the order of writing; rises also over reloads. */
  readonly order: number;
  /** waiting: not sent on this connection. sending: sent, not answered. failed: refused for good. */
  readonly state: 'waiting' | 'sending' | 'failed';
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** What the server made of a draft. */
export interface Sent {
  readonly id: string;
  readonly conversation: string;
  readonly seq: number;
  readonly rev: number;
  readonly createdAt: string;
}

/** Reads what an earlier run stored; null: not a draft. What was on its way then is waiting again. */
export function parseDraft(text: string | null): Draft | null {
  try {
    const draft = JSON.parse(text ?? 'null');
    const whole = typeof draft?.id === 'string' && typeof draft.conversation === 'string' && draft.content?.type;
    if (!whole || typeof draft.order !== 'number') return null;
    return draft.state === 'sending' ? { ...draft, state: 'waiting' } : draft;
  } catch {
    return null;
  }
}
