import * as wire from '@parley/contracts/rpc/model.v1';
import type { Conversation } from '../../model/conversation.ts';
import type { Delivery } from '../../model/delivery.ts';
import { conversationKind, historyRule, membership, message, notifyRule, visibility } from './model.ts';
import { field, flag, list, nullable, oneOf, record, required, type Shape, same, text, whole, word } from './shapes.ts';

type Kind = Delivery['kind'];
type Of<K extends Kind> = Extract<Delivery, { readonly kind: K }>;

/** The case of the oneof says the kind; the message holds the rest. */
function kind<K extends Kind, W>(name: K, rest: Shape<Omit<Of<K>, 'kind'>, W>): Shape<Of<K>, W> {
  return { to: rest.to, from: (value) => ({ kind: name, ...rest.from(value) }) as Of<K> };
}

type Settings = Pick<Conversation, 'kind' | 'name' | 'topic' | 'avatar' | 'visibility' | 'history'>;

const settings = record<Settings, wire.ConversationSettings>({
  kind: conversationKind,
  name: nullable(text),
  topic: nullable(text),
  avatar: nullable(text),
  visibility,
  history: historyRule,
});

const change = word<Of<'conversation'>['change'], wire.ConversationChange>({
  updated: wire.ConversationChange.CONVERSATION_CHANGE_UPDATED,
  deleted: wire.ConversationChange.CONVERSATION_CHANGE_DELETED,
});

type Which =
  | { readonly $case: 'all'; readonly value: object }
  | { readonly $case: 'sessions'; readonly value: { readonly ids: readonly string[] } };

/** Some sessions of an account, or all of them. */
export function endedSessions<S extends string>(): Shape<readonly S[] | 'all', Which | null> {
  return oneOf<readonly S[] | 'all', Which>((value) => (value === 'all' ? 'all' : 'sessions'), {
    all: { to: () => ({}), from: () => 'all' },
    sessions: field('ids', list(text)),
  });
}

const which = endedSessions();
const revoked: Shape<Omit<Of<'revoked'>, 'kind'>, wire.RevokedDelivery> = {
  to: ({ user, sessions }) => ({ user: text.to(user), which: which.to(sessions) }) as wire.RevokedDelivery,
  from: (value) => ({ user: text.from(value.user), sessions: which.from(value.which) }),
};

const place = { conversation: text, rev: whole };
const content = { ...place, message: required(message) };

/** One delivery of model/delivery as parley.model.v1.Delivery. */
export const delivery: Shape<Delivery, wire.Delivery> = field(
  'delivery',
  oneOf<Delivery, NonNullable<wire.Delivery['delivery']>>((value) => value.kind, {
    message: kind('message', record<Omit<Of<'message'>, 'kind'>, wire.MessageDelivery>(content)),
    edited: kind('edited', record<Omit<Of<'edited'>, 'kind'>, wire.MessageDelivery>(content)),
    deleted: kind('deleted', same<Omit<Of<'deleted'>, 'kind'>, wire.DeletedDelivery>()),
    reaction: kind('reaction', same<Omit<Of<'reaction'>, 'kind'>, wire.ReactionDelivery>()),
    pinned: kind('pinned', same<Omit<Of<'pinned'>, 'kind'>, wire.PinnedDelivery>()),
    members: kind(
      'members',
      record<Omit<Of<'members'>, 'kind'>, wire.MembersDelivery>({ ...place, members: list(membership), created: flag }),
    ),
    conversation: kind(
      'conversation',
      record<Omit<Of<'conversation'>, 'kind'>, wire.ConversationDelivery>({
        ...place,
        change,
        settings: required(settings),
      }),
    ),
    ephemeral: kind(
      'ephemeral',
      record<Omit<Of<'ephemeral'>, 'kind'>, wire.EphemeralDelivery>({ conversation: text, message: required(message) }),
    ),
    typing: kind('typing', same<Omit<Of<'typing'>, 'kind'>, wire.TypingDelivery>()),
    receipt: kind('receipt', same<Omit<Of<'receipt'>, 'kind'>, wire.ReceiptDelivery>()),
    revoked: kind('revoked', revoked),
    preferences: kind(
      'preferences',
      record<Omit<Of<'preferences'>, 'kind'>, wire.PreferencesDelivery>({
        user: text,
        conversation: text,
        mutedUntil: nullable(text),
        archived: flag,
        pinned: flag,
        notify: notifyRule,
        version: whole,
      }),
    ),
  }),
);
