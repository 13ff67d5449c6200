import * as wire from '@parley/contracts/rpc/model.v1';
import type * as rpc from '@parley/contracts/rpc/rpc.v1';
import { type ErrorCode, errorTable } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { Account, AccountKind, Profile } from '../../model/account.ts';
import type {
  ConversationKind,
  HistoryRule,
  Membership,
  NotifyRule,
  Role,
  Visibility,
} from '../../model/conversation.ts';
import type { Draft, Message } from '../../model/message.ts';
import type { Continuity, Position } from '../../model/position.ts';
import type { WireFailure } from '../rpc-service.ts';
import { field, flag, list, nullable, optional, real, record, type Shape, same, text, whole, word } from './shapes.ts';

/** The nouns that several services speak of, as parley.model.v1. */

export const conversationKind = word<ConversationKind, wire.ConversationKind>({
  direct: wire.ConversationKind.CONVERSATION_KIND_DIRECT,
  group: wire.ConversationKind.CONVERSATION_KIND_GROUP,
  channel: wire.ConversationKind.CONVERSATION_KIND_CHANNEL,
});

export const visibility = word<Visibility, wire.Visibility>({
  private: wire.Visibility.VISIBILITY_PRIVATE,
  public: wire.Visibility.VISIBILITY_PUBLIC,
});

export const historyRule = word<HistoryRule, wire.HistoryRule>({
  all: wire.HistoryRule.HISTORY_RULE_ALL,
  'since-join': wire.HistoryRule.HISTORY_RULE_SINCE_JOIN,
});

export const role = word<Role, wire.Role>({
  owner: wire.Role.ROLE_OWNER,
  admin: wire.Role.ROLE_ADMIN,
  member: wire.Role.ROLE_MEMBER,
  reader: wire.Role.ROLE_READER,
});

export const notifyRule = word<NotifyRule, wire.NotifyRule>({
  all: wire.NotifyRule.NOTIFY_RULE_ALL,
  mentions: wire.NotifyRule.NOTIFY_RULE_MENTIONS,
  none: wire.NotifyRule.NOTIFY_RULE_NONE,
});

export const continuity = word<Continuity, wire.Continuity>({
  kept: wire.Continuity.CONTINUITY_KEPT,
  more: wire.Continuity.CONTINUITY_MORE,
  lost: wire.Continuity.CONTINUITY_LOST,
});

const accountKind = word<AccountKind, wire.AccountKind>({
  person: wire.AccountKind.ACCOUNT_KIND_PERSON,
  bot: wire.AccountKind.ACCOUNT_KIND_BOT,
});

export const account = record<Account, wire.Account>({
  id: text,
  kind: accountKind,
  username: text,
  name: text,
  email: nullable(text),
  emailVerified: flag,
  phone: nullable(text),
  admin: flag,
  suspended: flag,
  createdAt: text,
});

export const profile = same<Profile, wire.Profile>();

const resolvedUsernames = list(
  same<{ readonly username: string; readonly account: AccountId }, wire.ResolvedUsername>(),
);

/** Usernames and whose they are, in the order asked. */
export const accountsByUsername: Shape<ReadonlyMap<string, AccountId>, readonly wire.ResolvedUsername[]> = {
  to: (map) => resolvedUsernames.to([...map].map(([username, id]) => ({ username, account: id }))),
  from: (entries) => new Map(resolvedUsernames.from(entries).map((entry) => [entry.username, entry.account])),
};

/** A row of the table of failures; one that a later release has added means `internal` to this one. */
export const errorCode: Shape<ErrorCode, string> = {
  to: (code) => code,
  from: (code) => (Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal'),
};

const problem = same<NonNullable<WireFailure['problems']>[number], rpc.Problem>();

/** A failure as the answer of an ordered call. No problems and none at all are the same. */
export const wireFailure = record<WireFailure, rpc.Failure>({
  code: errorCode,
  detail: text,
  problems: {
    to: (problems) => list(problem).to(problems ?? []),
    from: (problems) => (problems.length > 0 ? list(problem).from(problems) : undefined),
  },
  retryAfterMs: optional(real),
});

/** Of a change: absent keeps, null takes away. */
export const clearable: Shape<string | null | undefined, wire.ClearableText | null> = optional(
  field('value', nullable(text)),
);

export const membership = record<Membership, wire.Membership>({
  conversation: text,
  user: text,
  role,
  joinedSeq: whole,
  joinedRev: whole,
  leftSeq: nullable(whole),
  leftRev: nullable(whole),
  rev: whole,
  joinedAt: text,
});

export const draft = same<Draft, wire.Draft>();

export const message = same<Message, wire.Message>();

export const position = record<Position, wire.Position>({ epoch: text, seq: whole, rev: optional(whole) });
