import type { Encoder, HubEvent, ResumedConversation, Senders } from '../../../services/realtime/api.ts';
import { createTextFrame } from '../../shared/text-frame.ts';
import { encodeConversationInFrame, encodeProfile } from '../encode-conversation.ts';
import { encodeMessageFields } from '../encode-message.ts';

/** The hub's events as frames of `parley.v1`, WebSocket header included: encoded once, written to every connection. */
export const nativeEncoder: Encoder = {
  protocol: 'native',
  encode: (event, senders) => createTextFrame(encodeEvent(event, senders)),
};

/** One frame's text, `op` first. Ids, times and numbers are ours and need no escaping. */
export function encodeEvent(event: HubEvent, senders: Senders): string {
  switch (event.kind) {
    case 'message':
    case 'ephemeral':
      return `{"op":"message",${encodeMessageFields(event.message, senders.get(event.message.sender))}}`;
    case 'edited':
      return `{"op":"edited",${encodeMessageFields(event.message, senders.get(event.message.sender))}}`;
    case 'deleted':
      return `{"op":"deleted","conversation":"${event.conversation}","seq":${event.seq},"rev":${event.rev}}`;
    case 'reaction':
      return `{"op":"reaction",${ofMessage(event)},"emoji":${JSON.stringify(event.emoji)},"on":${event.on}}`;
    case 'pinned':
      return `{"op":"pinned",${ofMessage(event)},"on":${event.on}}`;
    case 'receipt':
      return (
        `{"op":"receipt","conversation":"${event.conversation}","user":"${event.user}",` +
        `"delivered":${event.delivered},"read":${event.read}}`
      );
    case 'typing':
      return `{"op":"typing","conversation":"${event.conversation}","user":"${event.user}","on":${event.on}}`;
    case 'presence':
      return (
        `{"op":"presence","user":"${event.user}","state":"${event.online ? 'online' : 'offline'}",` +
        `"lastSeen":${JSON.stringify(event.lastSeen)}}`
      );
    case 'user':
      return `{"op":"user","user":${JSON.stringify(encodeProfile(event.profile))}}`;
    case 'conversation':
      return (
        `{"op":"conversation","change":"${event.change}","rev":${event.rev},` +
        `${event.since === undefined ? '' : `"since":${event.since},`}` +
        `"conversation":${encodeConversationInFrame(event.conversation)}${event.user ? `,"user":"${event.user}"` : ''}}`
      );
    case 'preferences': {
      const { kind: _, user: __, conversation: id, version: preferencesVersion, ...own } = event;
      // No change of the conversation, so it has no rev of its own: 0 is below every position.
      return `{"op":"conversation","change":"updated","rev":0,"conversation":${encodeConversationInFrame({ id, ...own, preferencesVersion })}}`;
    }
    case 'resumed':
      return (
        `{"op":"resumed","ref":${JSON.stringify(event.ref)},` +
        `"conversations":{${event.conversations.map(encodeResumed).join(',')}}${event.more ? ',"more":true' : ''}}`
      );
    case 'drain':
      return `{"op":"drain","reconnectInMs":${event.reconnectInMs}}`;
    case 'missed':
      return '{"op":"missed"}';
  }
}

function ofMessage(event: Extract<HubEvent, { kind: 'reaction' | 'pinned' }>): string {
  return `"conversation":"${event.conversation}","seq":${event.seq},"rev":${event.rev},"user":"${event.user}"`;
}

function encodeResumed(c: ResumedConversation): string {
  return (
    `"${c.conversation}":{"epoch":${JSON.stringify(c.epoch)},"lastSeq":${c.lastSeq},"lastRev":${c.lastRev},` +
    `"seq":${c.seq},"rev":${c.rev},"continuity":"${c.continuity}","unread":${c.unread}${c.left ? ',"left":true' : ''}}`
  );
}
