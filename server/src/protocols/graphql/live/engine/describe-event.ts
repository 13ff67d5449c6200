import type { AccountId, ConversationId } from '../../../../kernel/ids.ts';
import type { Profile } from '../../../../model/account.ts';
import type { NotifyRule } from '../../../../model/conversation.ts';
import { isDirectId } from '../../../../model/direct-id.ts';
import type { Message } from '../../../../model/message.ts';
import type { Presence } from '../../../../model/presence.ts';
import type { HubEvent, ResumedConversation, Senders } from '../../../../services/realtime/api.ts';
import { MessageView } from '../../schema/message-view.ts';

export interface OfMessage {
  readonly conversation: ConversationId;
  readonly seq: number;
  readonly rev: number;
}

/** What a subscription to messages yields; `type` is the name of its type in the schema. */
export type MessagesEvent =
  | { readonly type: 'MessageAdded' | 'MessageEdited'; readonly message: MessageView }
  | ({ readonly type: 'MessageDeleted' } & OfMessage)
  | ({
      readonly type: 'ReactionChanged';
      readonly user: AccountId;
      readonly emoji: string;
      readonly on: boolean;
    } & OfMessage)
  | ({ readonly type: 'PinChanged'; readonly user: AccountId; readonly on: boolean } & OfMessage)
  | Resumed;

/** The end of a backlog, in every subscription that has positions. */
export interface Resumed {
  readonly type: 'Resumed';
  readonly conversations: readonly ResumedConversation[];
  readonly more: boolean;
}

/** Why somebody is alerted of a message: the narrowest of what holds. */
export type NotificationReason = 'mention' | 'direct' | 'message';

/** What a subscription to notifications yields. */
export type NotificationsEvent =
  | { readonly type: 'Notification'; readonly reason: NotificationReason; readonly message: MessageView }
  | Resumed;

export type ReceiptEvent = Extract<HubEvent, { kind: 'receipt' }>;
export type TypingEvent = Extract<HubEvent, { kind: 'typing' }>;
export type ConversationEvent = { readonly type: 'ConversationEvent' } & Extract<HubEvent, { kind: 'conversation' }>;
export type ConversationsEvent = ConversationEvent | Resumed;
export interface PresenceEvent {
  readonly user: AccountId;
  readonly presence: Presence;
}

/** What a field tells everybody of an event. */
type Told =
  | { readonly field: 'messages'; readonly value: MessagesEvent }
  | { readonly field: 'receipts'; readonly value: ReceiptEvent }
  | { readonly field: 'typing'; readonly value: TypingEvent }
  | { readonly field: 'presence'; readonly value: PresenceEvent }
  | { readonly field: 'users'; readonly value: Profile }
  | { readonly field: 'conversations'; readonly value: ConversationEvent };

/** The field of the subscription type whose subscribers are told of an event, and what they are told; null: none. */
export function describeEvent(event: HubEvent, senders: Senders): Told | null {
  switch (event.kind) {
    case 'message':
    case 'ephemeral':
    case 'edited': {
      const type = event.kind === 'edited' ? 'MessageEdited' : 'MessageAdded';
      return { field: 'messages', value: { type, message: viewMessage(event.message, senders) } };
    }
    case 'deleted':
      return { field: 'messages', value: { type: 'MessageDeleted', ...event } };
    case 'reaction':
      return { field: 'messages', value: { type: 'ReactionChanged', ...event } };
    case 'pinned':
      return { field: 'messages', value: { type: 'PinChanged', ...event } };
    case 'receipt':
      return { field: 'receipts', value: event };
    case 'typing':
      return { field: 'typing', value: event };
    case 'presence': {
      const { user, online, lastSeen } = event;
      return { field: 'presence', value: { user, presence: { online, lastSeen } } };
    }
    case 'user':
      return { field: 'users', value: event.profile };
    case 'conversation':
      return { field: 'conversations', value: { type: 'ConversationEvent', ...event } };
    case 'preferences': {
      const { kind: _, user: __, conversation: id, version: preferencesVersion, ...own } = event;
      // No change of the conversation, so it has no rev of its own: 0 is below every position.
      const told = { kind: 'conversation', change: 'updated', rev: 0 } as const;
      const conversation = { id, ...own, preferencesVersion };
      return { field: 'conversations', value: { type: 'ConversationEvent', ...told, conversation } };
    }
    case 'resumed':
    case 'missed':
    case 'drain':
      return null;
  }
}

export function viewMessage(message: Message, senders: Senders): MessageView {
  return new MessageView(message, senders.get(message.sender));
}

/** Why this reader is alerted of a new message; null: they are not. */
export function reasonOf(message: Message, reader: AccountId, rule: NotifyRule): NotificationReason | null {
  if (message.sender === reader || rule === 'none') return null;
  if (message.mentions.includes(reader)) return 'mention';
  if (rule === 'mentions') return null;
  return isDirectId(message.conversation) ? 'direct' : 'message';
}
