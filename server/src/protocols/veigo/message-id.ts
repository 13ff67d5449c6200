import { fail } from '../../kernel/errors.ts';
import type { ConversationId } from '../../kernel/ids.ts';

/**
 * A message's id as Veigo's clients know it: a UUID (version 8) of the random end of its room's id and of its seq. So it is the
 * same for everybody and for good, whoever sent the message over whatever protocol, and finding it needs no other index.
 */
export function createMessageId(room: ConversationId, seq: number): string {
  return `${prefix(room)}-8000-8000-${seq.toString(16).padStart(12, '0')}`;
}

/** The seq. `message.unknown` for what is no message's id of this room. */
export function parseMessageId(room: ConversationId, id: string): number {
  const seq = Number.parseInt(id.slice(-12), 16);
  if (!(seq > 0) || id.toLowerCase() !== createMessageId(room, seq)) throw fail('message.unknown');
  return seq;
}

const prefix = (room: ConversationId): string => `${room.slice(24, 32)}-${room.slice(32)}`;
