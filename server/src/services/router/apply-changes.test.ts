import { describe, expect, test } from 'vitest';
import { type AccountId, type ConversationId, createId, type MessageId } from '../../kernel/ids.ts';
import type { ConversationRow, MembershipRow, MessageRow, PreferencesRow, ReceiptRow } from '../../model/chat-rows.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { AccountRow, SessionRow } from '../../model/identity-rows.ts';
import type { BusRecord } from '../../ports/bus.ts';
import { applyChanges } from './apply-changes.ts';

const conversation = createId<ConversationId>();
const [ann, bob] = [createId<AccountId>(), createId<AccountId>()];
const at = '2026-11-20T12:00:00.000Z';

const message: MessageRow = {
  conversation_id: conversation,
  seq: 3,
  rev: 7,
  mod_rev: null,
  mod: null,
  id: 'm3' as MessageId,
  sender_id: ann,
  content: '{"type":"text","text":"hi"}',
  reply_to: null,
  thread: null,
  mentions: null,
  system: false,
  created_at: at,
  edited_at: null,
  deleted_at: null,
  reactions: '{}',
  pinned: false,
};
const membership: MembershipRow = {
  conversation_id: conversation,
  user_id: ann,
  role: 'member',
  joined_seq: 0,
  joined_rev: 1,
  left_seq: null,
  left_rev: null,
  rev: 1,
  joined_at: at,
};
const settings = { kind: 'group', name: 'n', topic: null, avatar: 'a', visibility: 'private', history: 'all' } as const;
const row: ConversationRow = {
  ...settings,
  id: conversation,
  nonce: 'x',
  created_by: ann,
  created_at: at,
  updated_at: at,
  rev: 1,
  deleted_rev: null,
  member_a: null,
  member_b: null,
};

function change<R extends object>(
  table: string,
  op: 'c' | 'u' | 'd' | 'r',
  after: R | null,
  before: R | null = null,
): BusRecord {
  const schema = table === 'sessions' || table === 'accounts' ? 'identity' : 'chat';
  const source = { db: 'main', schema, table, lsn: '1', ordinal: 0, incarnation: '', ts_ms: 0, snapshot: op === 'r' };
  return { topic: `parley.${schema}`, key: conversation, value: { before, after, source, op, ts_ms: 0 } };
}

const modified = (mod: object): BusRecord =>
  change('messages', 'u', { ...message, mod_rev: 9, mod: JSON.stringify(mod) }, message);
const kinds = (deliveries: readonly Delivery[]) => deliveries.map((d) => ('rev' in d ? `${d.kind} ${d.rev}` : d.kind));

describe('messages', () => {
  test('a new row is a message with the rev it was appended with', () => {
    const [delivery] = applyChanges([change('messages', 'c', message)]);
    expect(delivery).toMatchObject({ kind: 'message', conversation, rev: 7, message: { seq: 3, rev: 7, sender: ann } });
  });

  test('a changed row is what its last change says, with that rev', () => {
    const deliveries = applyChanges([
      modified({ kind: 'edited' }),
      modified({ kind: 'deleted' }),
      modified({ kind: 'reaction', user: bob, emoji: '+', on: true }),
      modified({ kind: 'pinned', user: bob, on: false }),
    ]);
    expect(deliveries).toMatchObject([
      { kind: 'edited', conversation, rev: 9, message: { seq: 3, rev: 9 } },
      { kind: 'deleted', conversation, rev: 9, seq: 3 },
      { kind: 'reaction', conversation, rev: 9, seq: 3, user: bob, emoji: '+', on: true },
      { kind: 'pinned', conversation, rev: 9, seq: 3, user: bob, on: false },
    ]);
  });

  test('an update that took no rev, a deletion and a snapshot row are told to nobody', () => {
    const old = { ...message, mod_rev: 9, mod: '{"kind":"edited"}' };
    expect(
      applyChanges([
        change('messages', 'u', { ...old, pinned: true }, old),
        change('messages', 'd', null, message),
        change('messages', 'r', message),
      ]),
    ).toEqual([]);
  });
});

describe('conversations and memberships', () => {
  test('a creation and its members are one delivery', () => {
    const deliveries = applyChanges([
      change('conversations', 'c', row),
      change('memberships', 'c', membership),
      change('memberships', 'c', { ...membership, user_id: bob }),
    ]);
    expect(deliveries).toMatchObject([
      { kind: 'members', conversation, rev: 1, created: true, members: [{ user: ann }, { user: bob }] },
    ]);
  });

  test('members of one rev are told together, of another rev apart, and in the order of the changes', () => {
    const left = { ...membership, rev: 8, left_seq: 3, left_rev: 8 };
    const deliveries = applyChanges([
      change('messages', 'c', message),
      change('memberships', 'u', left, membership),
      change('messages', 'c', { ...message, seq: 4, rev: 9 }),
      change('memberships', 'u', { ...membership, user_id: bob, role: 'owner', rev: 8 }),
      change('memberships', 'c', { ...membership, rev: 10 }),
    ]);
    expect(kinds(deliveries)).toEqual(['message 7', 'members 8', 'message 9', 'members 10']);
    expect(deliveries[1]).toMatchObject({ created: false, members: [{ user: ann, leftRev: 8 }, { user: bob }] });
  });

  test('changed settings', () => {
    const deliveries = applyChanges([change('conversations', 'u', { ...row, rev: 5, name: 'new' }, row)]);
    expect(deliveries).toEqual([
      { kind: 'conversation', conversation, rev: 5, change: 'updated', settings: { ...settings, name: 'new' } },
    ]);
  });

  test('a change from before there were pictures', () => {
    const { avatar: _, ...old } = { ...row, rev: 5 };
    expect(applyChanges([change('conversations', 'u', old, row)])).toMatchObject([{ settings: { avatar: null } }]);
  });

  test('the end of a conversation stands for the end of its stays', () => {
    const deliveries = applyChanges([
      change('memberships', 'u', { ...membership, rev: 6, left_rev: 6 }, membership),
      change('conversations', 'u', { ...row, rev: 6, deleted_rev: 6 }, row),
      change('memberships', 'u', { ...membership, user_id: bob, rev: 7, left_rev: 7 }, membership),
    ]);
    expect(kinds(deliveries)).toEqual(['conversation 6', 'members 7']);
    expect(deliveries[0]).toMatchObject({ change: 'deleted' });
  });

  test('an update of the row that took no rev is told to nobody', () => {
    expect(applyChanges([change('conversations', 'u', { ...row, nonce: 'y' }, row)])).toEqual([]);
  });
});

test('preferences are told to their owner, as they are now; what a snapshot says of them is no news', () => {
  const preferences: PreferencesRow = {
    conversation_id: conversation,
    user_id: ann,
    muted_until: null,
    archived: true,
    pinned: false,
    notify: 'all',
    version: 2,
  };
  const { version: _, ...old } = preferences;
  const deliveries = applyChanges([
    change('preferences', 'c', preferences),
    change('preferences', 'u', { ...preferences, muted_until: at, notify: 'none', version: 3 }, preferences),
    change('preferences', 'u', old),
    change('preferences', 'r', preferences),
  ]);
  const told = { kind: 'preferences', user: ann, conversation, mutedUntil: null, archived: true, pinned: false };
  expect(deliveries).toEqual([
    { ...told, notify: 'all', version: 2 },
    { ...told, mutedUntil: at, notify: 'none', version: 3 },
    { ...told, notify: 'all', version: 1 },
  ]);
});

test('of the receipts of one member the last counts', () => {
  const receipt: ReceiptRow = { conversation_id: conversation, user_id: ann, delivered: 1, read: 0 };
  const deliveries = applyChanges([
    change('receipts', 'c', receipt),
    change('receipts', 'u', { ...receipt, delivered: 4, read: 4 }, receipt),
    change('receipts', 'c', { ...receipt, user_id: bob }),
  ]);
  expect(deliveries).toEqual([
    { kind: 'receipt', conversation, user: ann, delivered: 4, read: 4 },
    { kind: 'receipt', conversation, user: bob, delivered: 1, read: 0 },
  ]);
});

describe('identity', () => {
  const session = { id: 's', account_id: ann, created_at: at, revoked_at: null, revoked_reason: null } as SessionRow & {
    id: 's';
  };
  const account: AccountRow = {
    id: ann,
    kind: 'person',
    username: 'ann',
    name: 'Ann',
    email: null,
    email_verified: false,
    phone: null,
    admin: false,
    suspended: false,
    created_at: at,
    deleted_at: null,
  };

  test('a session ends once', () => {
    const ended = { ...session, revoked_at: at };
    expect(
      applyChanges([
        change('sessions', 'c', session),
        change('sessions', 'u', ended, session),
        change('sessions', 'u', { ...ended, revoked_reason: 'password' }, ended),
      ]),
    ).toEqual([{ kind: 'revoked', user: ann, sessions: ['s'] }]);
  });

  test('a suspended or deleted account loses all sessions; a change of its name does not', () => {
    const all = { kind: 'revoked', user: ann, sessions: 'all' };
    expect(
      applyChanges([
        change('accounts', 'u', { ...account, name: 'A' }, account),
        change('accounts', 'u', { ...account, suspended: true }, account),
        change('accounts', 'u', { ...account, suspended: true, name: 'A' }, { ...account, suspended: true }),
        change('accounts', 'u', { ...account, deleted_at: at }, account),
        change('accounts', 'u', { ...account, suspended: true }),
      ]),
    ).toEqual([all, all, all]);
  });
});
