import type { Message } from '../../../model/message.ts';
import type { Encoder, HubEvent } from '../../../services/realtime/api.ts';
import { createTextFrame } from '../../shared/text-frame.ts';
import { createMessageId } from '../message-id.ts';
import { describeProfile, type VeigoMessage } from '../objects.ts';
import { showContent } from '../show-content.ts';

/**
 * The hub's events in Veigo's words. Besides the reference's `senderId` and `content` a message says its id, room and time.
 * DEPARTS: edits, deletions and changed profiles are pushed too, as MESSAGE_UPDATED, MESSAGE_DELETED and PROFILE_UPDATED in the same style. An item's type is `message` for
 * the newer generation of clients as well, which calls it CHAT_MESSAGE: a socket does not say which it is.
 */
export const veigoEncoder: Encoder = { protocol: 'veigo', encode };

function encode(event: HubEvent): Buffer | null {
  switch (event.kind) {
    case 'message':
    case 'ephemeral':
      return createFrame('MESSAGE', { type: 'message', content: describe(event.message) });
    case 'edited':
      return createFrame('MESSAGE_UPDATED', { type: 'message', content: describe(event.message) });
    case 'deleted': {
      const { conversation: roomId, seq } = event;
      const content = { messageId: createMessageId(roomId, seq), roomId };
      return createFrame('MESSAGE_DELETED', { type: 'message', content });
    }
    case 'user':
      return createFrame('PROFILE_UPDATED', { type: 'profile', content: describeProfile(event.profile) });
    default:
      return null;
  }
}

function describe({ conversation, seq, sender, content, createdAt }: Message) {
  return {
    senderId: sender,
    content: content === null ? '' : showContent(content),
    // What is never stored has no number, so there is nothing to find it by.
    messageId: seq === null ? null : createMessageId(conversation, seq),
    roomId: conversation,
    timestamp: createdAt,
  };
}

/** To the sender alone, after the commit. */
export function createSentAck({ id, roomId, createdAt }: VeigoMessage): Buffer {
  return createFrame('SENT_ACK', { messageId: id, roomId, timestamp: createdAt });
}

export function createError(reason: string): Buffer {
  return createFrame('ERROR', { reason });
}

function createFrame(type: string, item: object): Buffer {
  return createTextFrame(JSON.stringify({ type, payload: [item] }));
}
