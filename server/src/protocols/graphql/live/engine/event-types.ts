import type { AccountId } from '../../../../kernel/ids.ts';
import type { ResumedConversation } from '../../../../services/realtime/api.ts';
import { builder } from '../../schema/builder.ts';
import { position } from '../../schema/changes.ts';
import {
  continuity,
  conversationKind,
  historyRule,
  notificationReason,
  notifyRule,
  role,
  visibility,
} from '../../schema/enums.ts';
import { message } from '../../schema/message.ts';
import { presence } from '../../schema/user.ts';
import type {
  ConversationEvent,
  MessagesEvent,
  NotificationsEvent,
  OfMessage,
  PresenceEvent,
  ReceiptEvent,
  Resumed,
  TypingEvent,
} from './describe-event.ts';

/** The event whose type has that name. */
type Of<Name, Event = MessagesEvent> = Event extends { readonly type: infer Type }
  ? Name extends Type
    ? Event
    : never
  : never;

const ofMessage = builder.interfaceRef<OfMessage>('MessageChange').implement({
  description: 'A change of a message that is told without it.',
  fields: (t) => ({
    conversationId: t.exposeID('conversation'),
    seq: t.exposeInt('seq', { description: "The message's number." }),
    rev: t.exposeInt('rev', { description: 'The number of the change in its conversation.' }),
  }),
});

const added = builder.objectRef<Of<'MessageAdded'>>('MessageAdded').implement({
  fields: (t) => ({ message: t.field({ type: message, resolve: (event) => event.message }) }),
});

const edited = builder.objectRef<Of<'MessageEdited'>>('MessageEdited').implement({
  description: 'Another content; in a backlog, any change that a message has lived through.',
  fields: (t) => ({ message: t.field({ type: message, resolve: (event) => event.message }) }),
});

const deleted = builder.objectRef<Of<'MessageDeleted'>>('MessageDeleted').implement({ interfaces: [ofMessage] });

/** Whose doing it was, and whether it was done or undone. */
interface Toggled {
  readonly user: AccountId;
  readonly on: boolean;
}

const toggled = builder.interfaceRef<Toggled>('Toggled').implement({
  description: 'Something that somebody did, or took back.',
  fields: (t) => ({
    userId: t.exposeID('user'),
    on: t.exposeBoolean('on', { description: 'false: taken back.' }),
  }),
});

const reactionChanged = builder.objectRef<Of<'ReactionChanged'>>('ReactionChanged').implement({
  interfaces: [ofMessage, toggled],
  fields: (t) => ({ emoji: t.exposeString('emoji') }),
});

const pinChanged = builder.objectRef<Of<'PinChanged'>>('PinChanged').implement({ interfaces: [ofMessage, toggled] });

const resumedConversation = builder.objectRef<ResumedConversation>('ResumedConversation').implement({
  fields: (t) => ({
    conversationId: t.exposeID('conversation'),
    position: t.field({ type: position, description: 'Where what was told ends.', resolve: (one) => one }),
    continuity: t.expose('continuity', {
      type: continuity,
      description: 'After MORE nothing of the conversation is told any more: subscribe again from the position.',
    }),
    lastSeq: t.exposeInt('lastSeq'),
    lastRev: t.exposeInt('lastRev'),
    unread: t.exposeInt('unread'),
    left: t.exposeBoolean('left', { description: 'I am no member of it.' }),
  }),
});

const resumed = builder.objectRef<Resumed>('Resumed').implement({
  description:
    'The backlog is told; what follows is live. All my conversations, those that "after" did not name at their head: their history is to be fetched.',
  fields: (t) => ({
    conversations: t.field({ type: [resumedConversation], resolve: (event) => event.conversations }),
    more: t.exposeBoolean('more', { description: 'Another Resumed with other conversations follows.' }),
  }),
});

export const messagesEvent = builder.unionType('MessagesEvent', {
  types: [added, edited, deleted, reactionChanged, pinChanged, resumed],
  resolveType: ({ type }) => type,
});

const notification = builder
  .objectRef<Extract<NotificationsEvent, { type: 'Notification' }>>('Notification')
  .implement({
    fields: (t) => ({
      reason: t.expose('reason', { type: notificationReason }),
      message: t.field({ type: message, resolve: (event) => event.message }),
    }),
  });

export const notificationsEvent = builder.unionType('NotificationsEvent', {
  types: [notification, resumed],
  resolveType: ({ type }) => type,
});

export const receiptEvent = builder.objectRef<ReceiptEvent>('ReceiptEvent').implement({
  fields: (t) => ({
    conversationId: t.exposeID('conversation'),
    userId: t.exposeID('user'),
    delivered: t.exposeInt('delivered', { description: 'A seq.' }),
    read: t.exposeInt('read', { description: 'A seq.' }),
  }),
});

export const typingEvent = builder.objectRef<TypingEvent>('TypingEvent').implement({
  fields: (t) => ({
    conversationId: t.exposeID('conversation'),
    userId: t.exposeID('user'),
    on: t.exposeBoolean('on'),
  }),
});

export const presenceEvent = builder.objectRef<PresenceEvent>('PresenceEvent').implement({
  fields: (t) => ({
    userId: t.exposeID('user'),
    presence: t.field({ type: presence, resolve: (event) => event.presence }),
  }),
});

const conversationChange = builder.enumType('ConversationChange', {
  values: {
    CREATED: { value: 'created' },
    UPDATED: { value: 'updated' },
    JOINED: { value: 'joined' },
    LEFT: { value: 'left' },
    DELETED: { value: 'deleted' },
  } as const,
});

type Known = ConversationEvent['conversation'];

const knownConversation = builder.objectRef<Known>('KnownConversation').implement({
  description: 'What a change tells of a conversation; null: not told. With nothing but the id, ask for it anew.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.field({ type: conversationKind, nullable: true, resolve: ({ kind }) => kind ?? null }),
    name: t.string({ nullable: true, resolve: ({ name }) => name ?? null }),
    topic: t.string({ nullable: true, resolve: ({ topic }) => topic ?? null }),
    avatar: t.string({ nullable: true, resolve: ({ avatar }) => avatar ?? null }),
    visibility: t.field({ type: visibility, nullable: true, resolve: (known) => known.visibility ?? null }),
    history: t.field({ type: historyRule, nullable: true, resolve: ({ history }) => history ?? null }),
    epoch: t.string({ nullable: true, resolve: ({ epoch }) => epoch ?? null }),
    lastSeq: t.int({ nullable: true, resolve: ({ lastSeq }) => lastSeq ?? null }),
    lastRev: t.int({ nullable: true, resolve: ({ lastRev }) => lastRev ?? null }),
    role: t.field({ type: role, nullable: true, resolve: (known) => known.role ?? null }),
    mutedUntil: t.field({ type: 'DateTime', nullable: true, resolve: ({ mutedUntil }) => mutedUntil ?? null }),
    archived: t.boolean({ nullable: true, resolve: ({ archived }) => archived ?? null }),
    pinned: t.boolean({ nullable: true, resolve: ({ pinned }) => pinned ?? null }),
    notify: t.field({ type: notifyRule, nullable: true, resolve: ({ notify }) => notify ?? null }),
    preferencesVersion: t.int({
      nullable: true,
      description:
        'Given whenever mutedUntil, archived, pinned and notify are, all of them: the higher of two is the newer.',
      resolve: (known) => known.preferencesVersion ?? null,
    }),
    unread: t.int({ nullable: true, resolve: ({ unread }) => unread ?? null }),
    memberCount: t.int({ nullable: true, resolve: ({ memberCount }) => memberCount ?? null }),
    peerId: t.id({ nullable: true, resolve: ({ peer }) => peer ?? null }),
  }),
});

const conversationEvent = builder.objectRef<ConversationEvent>('ConversationEvent').implement({
  fields: (t) => ({
    change: t.expose('change', { type: conversationChange }),
    rev: t.exposeInt('rev'),
    since: t.int({
      nullable: true,
      description: 'The event stands for every rev after this one.',
      resolve: ({ since }) => since ?? null,
    }),
    conversation: t.field({ type: knownConversation, resolve: (event) => event.conversation }),
    userId: t.id({
      nullable: true,
      description: 'Whom it concerns: who joined or left, or whose role is another.',
      resolve: ({ user }) => user ?? null,
    }),
  }),
});

export const conversationsEvent = builder.unionType('ConversationsEvent', {
  types: [conversationEvent, resumed],
  resolveType: ({ type }) => type,
});
