import fc, { type Arbitrary } from 'fast-check';
import { type ErrorCode, errorTable } from '../src/kernel/errors.ts';
import type { AccountId } from '../src/kernel/ids.ts';
import type { Account, Profile } from '../src/model/account.ts';
import type {
  ConversationKind,
  HistoryRule,
  Membership,
  NotifyRule,
  Role,
  Visibility,
} from '../src/model/conversation.ts';
import type { Draft, Message } from '../src/model/message.ts';
import type { Continuity, Position } from '../src/model/position.ts';
import type { WireFailure } from '../src/rpc/rpc-service.ts';

/** Any values of the model, and the hard ones among them: empty, the largest, names that an object already has. */

/** Texts and branded ids: any text that has UTF-8. */
export function text<T extends string = string>(): Arbitrary<T> {
  const hard = fc.constantFrom('', '__proto__', 'constructor', '\u0000', '\ufeff', '👍🏽', '"\\', '\u2028');
  return fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), hard) as Arbitrary<T>;
}

export const whole = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER));
/** Milliseconds with a fraction. */
export const real = fc.double({ min: 0, max: 4e12, noNaN: true });
export const flag = fc.boolean();

export const orNull = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
export const orAbsent = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
export const listOf = <T>(arbitrary: Arbitrary<T>): Arbitrary<T[]> => fc.array(arbitrary, { maxLength: 4 });
/** Of a change: absent keeps, null takes away. */
export const clearable = orAbsent(orNull(text()));

export const conversationKind = fc.constantFrom<ConversationKind>('direct', 'group', 'channel');
export const visibility = fc.constantFrom<Visibility>('private', 'public');
export const historyRule = fc.constantFrom<HistoryRule>('all', 'since-join');
export const role = fc.constantFrom<Role>('owner', 'admin', 'member', 'reader');
export const notifyRule = fc.constantFrom<NotifyRule>('all', 'mentions', 'none');
export const continuity = fc.constantFrom<Continuity>('kept', 'more', 'lost');

export const account = fc.record<Account>({
  id: text(),
  kind: fc.constantFrom('person', 'bot'),
  username: text(),
  name: text(),
  email: orNull(text()),
  emailVerified: flag,
  phone: orNull(text()),
  admin: flag,
  suspended: flag,
  createdAt: text(),
});

export const profile = fc.record<Profile>({
  id: text(),
  username: text(),
  name: text(),
  about: orNull(text()),
  avatar: orNull(text()),
  version: whole,
  deleted: flag,
});

export const accountsByUsername: Arbitrary<ReadonlyMap<string, AccountId>> = listOf(
  fc.tuple(text(), text<AccountId>()),
).map((entries) => new Map(entries));

export const membership = fc.record<Membership>({
  conversation: text(),
  user: text(),
  role,
  joinedSeq: whole,
  joinedRev: whole,
  leftSeq: orNull(whole),
  leftRev: orNull(whole),
  rev: whole,
  joinedAt: text(),
});

export const draft = fc.record<Draft>({
  id: text(),
  conversation: text(),
  sender: text(),
  session: orNull(text()),
  admin: flag,
  content: text(),
  hash: text(),
  attachment: orNull(text()),
  replyTo: orNull(whole),
  thread: orNull(whole),
  mentions: listOf(text()),
});

export const message = fc.record<Message>({
  conversation: text(),
  seq: orNull(whole),
  rev: orNull(whole),
  id: text(),
  sender: text(),
  content: orNull(text()),
  replyTo: orNull(whole),
  thread: orNull(whole),
  mentions: listOf(text()),
  createdAt: text(),
  editedAt: orNull(text()),
  deletedAt: orNull(text()),
  reactions: text(),
  pinned: flag,
});

export const position = fc.record<Position>({ epoch: text(), seq: whole, rev: orAbsent(whole) });

export const wireFailure: Arbitrary<WireFailure> = fc.record(
  {
    code: fc.constantFrom(...(Object.keys(errorTable) as ErrorCode[])),
    detail: text(),
    problems: fc.array(fc.record({ path: text(), message: text() }), { minLength: 1, maxLength: 3 }),
    retryAfterMs: real,
  },
  { requiredKeys: ['code', 'detail'] },
);
