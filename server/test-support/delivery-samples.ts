import fc, { type Arbitrary } from 'fast-check';
import type { AccountId, ConversationId } from '../src/kernel/ids.ts';
import type { Delivery } from '../src/model/delivery.ts';
import {
  conversationKind,
  flag,
  historyRule,
  listOf,
  membership,
  message,
  notifyRule,
  orNull,
  text,
  visibility,
  whole,
} from './samples.ts';

const place = { conversation: text<ConversationId>(), rev: whole };
const who = { user: text<AccountId>(), on: flag };
const kind = <K extends Delivery['kind']>(name: K) => fc.constant(name);
const settings = fc.record({
  kind: conversationKind,
  name: orNull(text()),
  topic: orNull(text()),
  avatar: orNull(text()),
  visibility,
  history: historyRule,
});

/** Any delivery of each kind: one that is added to the model and not here does not compile. */
const kinds: { readonly [K in Delivery['kind']]: Arbitrary<Extract<Delivery, { readonly kind: K }>> } = {
  message: fc.record({ kind: kind('message'), ...place, message }),
  edited: fc.record({ kind: kind('edited'), ...place, message }),
  deleted: fc.record({ kind: kind('deleted'), ...place, seq: whole }),
  reaction: fc.record({ kind: kind('reaction'), ...place, seq: whole, ...who, emoji: text() }),
  pinned: fc.record({ kind: kind('pinned'), ...place, seq: whole, ...who }),
  members: fc.record({ kind: kind('members'), ...place, members: listOf(membership), created: flag }),
  conversation: fc.record({
    kind: kind('conversation'),
    ...place,
    change: fc.constantFrom('updated' as const, 'deleted' as const),
    settings,
  }),
  ephemeral: fc.record({ kind: kind('ephemeral'), conversation: place.conversation, message }),
  typing: fc.record({ kind: kind('typing'), conversation: place.conversation, ...who }),
  receipt: fc.record({
    kind: kind('receipt'),
    conversation: place.conversation,
    user: who.user,
    delivered: whole,
    read: whole,
  }),
  revoked: fc.record({
    kind: kind('revoked'),
    user: who.user,
    sessions: fc.oneof(fc.constant('all' as const), listOf(text())),
  }),
  preferences: fc.record({
    kind: kind('preferences'),
    user: who.user,
    conversation: place.conversation,
    mutedUntil: orNull(text()),
    archived: flag,
    pinned: flag,
    notify: notifyRule,
    version: whole,
  }),
};

export const deliveries: Arbitrary<Delivery[]> = listOf(fc.oneof(...Object.values<Arbitrary<Delivery>>(kinds)));
