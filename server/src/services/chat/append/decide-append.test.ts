import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { Decide, DraftFacts } from '../../../ports/policy.ts';
import type { AppendResult } from '../api.ts';
import { decide } from '../deciding/decide.ts';
import { attachmentKey, decideAppend, draftKey, type Locked, memberKey } from './decide-append.ts';

const draft = (over: Partial<Record<keyof Draft, unknown>> = {}): Draft =>
  ({
    id: 'm1',
    conversation: 'c1',
    sender: 'ann',
    session: 's1',
    admin: false,
    content: '{"type":"text","text":"hi"}',
    hash: 'h1',
    attachment: null,
    replyTo: null,
    thread: null,
    mentions: [],
    ...over,
  }) as Draft;

const standing = (role: string | null, kind = 'group', blocked = false) =>
  new Map([[memberKey(draft()), { sender: 'ann', kind, visibility: 'private', role, blocked } as DraftFacts]]);

const locked = (over: Partial<Locked> = {}): Locked => ({
  heads: new Map([['c1' as never, { lastSeq: 4, lastRev: 9, lastAt: '2026-01-01T00:00:00.000Z' }]]),
  standings: standing('member'),
  earlier: new Map(),
  attachments: undefined,
  now: '2026-01-02T00:00:00.000Z',
  ...over,
});

const first = { replyTo: 1, thread: null, mentions: ['bob' as AccountId] };
const stored = { seq: 2, rev: 3, hash: 'h1', createdAt: 'then', ...first };

const one = (d: Draft, l: Locked): AppendResult => decideAppend([d], l, decide).results[0] as AppendResult;

describe('decideAppend', () => {
  test('gives the next seq and rev and the time of the lock', () => {
    const decided = decideAppend([draft(), draft({ id: 'm2' })], locked(), decide);
    expect(decided.results).toEqual([
      { seq: 5, rev: 10, createdAt: '2026-01-02T00:00:00.000Z', repeated: false },
      { seq: 6, rev: 11, createdAt: '2026-01-02T00:00:00.000Z', repeated: false },
    ]);
    expect(decided.heads.get('c1' as never)).toEqual({ lastSeq: 6, lastRev: 11, lastAt: '2026-01-02T00:00:00.000Z' });
  });

  test('a clock that went back does not take the conversation back', () => {
    const decided = decideAppend([draft()], locked({ now: '2025-06-01T00:00:00.000Z' }), decide);
    expect(decided.rows[0]?.createdAt).toBe('2026-01-01T00:00:00.000Z');
  });

  test('a repeat gets the first answer, stored before or in the same batch, and takes no seq', () => {
    const earlier = new Map([[draftKey(draft()), stored]]);
    const decided = decideAppend([draft(), draft({ id: 'm2' }), draft({ id: 'm2' })], locked({ earlier }), decide);
    expect(decided.results).toMatchObject([
      { seq: 2, repeated: true, first },
      { seq: 5, repeated: false },
      { seq: 5, repeated: true, first: { replyTo: null, thread: null, mentions: [] } },
    ]);
    expect(decided.rows).toHaveLength(1);
  });

  test('a repeat is answered to somebody who has been removed since', () => {
    const earlier = new Map([[draftKey(draft()), stored]]);
    expect(one(draft(), locked({ earlier, standings: standing(null) }))).toMatchObject({ seq: 2, repeated: true });
  });

  test('other content under the same id is a conflict, in the same batch too', () => {
    const decided = decideAppend([draft(), draft({ hash: 'other' })], locked(), decide);
    expect(decided.results[1]).toEqual({ code: 'message.conflict' });
    expect(decided.rows).toHaveLength(1);
  });

  test.each([
    ['not a member', draft(), locked({ standings: standing(null) }), 'conversation.forbidden'],
    ['a deleted conversation', draft(), locked({ standings: new Map() }), 'conversation.forbidden'],
    ['no such conversation', draft({ conversation: 'c9' }), locked(), 'conversation.forbidden'],
    ['a reader', draft(), locked({ standings: standing('reader') }), 'action.forbidden'],
    ['blocked', draft(), locked({ standings: standing('member', 'direct', true) }), 'action.forbidden'],
    ['a reply to the future', draft({ replyTo: 5 }), locked(), 'request.invalid'],
    ['a thread from the future', draft({ thread: 5 }), locked(), 'request.invalid'],
    [
      "somebody else's attachment",
      draft({ attachment: 'f1' }),
      locked({ attachments: new Set() }),
      'attachment.unknown',
    ],
  ])('%s is refused and moves nothing', (_, d, l, code) => {
    const decided = decideAppend([d], l, decide);
    expect(decided.results[0]).toMatchObject({ code });
    expect(decided.rows).toEqual([]);
    expect(decided.heads.size).toBe(0);
  });

  test('the policy is asked once for each new draft, with the principal that the draft is of', () => {
    const asked: unknown[] = [];
    const watch: Decide = (action, actor, facts) => {
      asked.push([action, actor, facts]);
      return { allowed: false, rule: 'none', code: 'action.forbidden', detail: 'Not today.' };
    };
    const earlier = new Map([[draftKey(draft()), stored]]);
    const decided = decideAppend(
      [draft(), draft({ id: 'm2', session: 's2', admin: true })],
      locked({ earlier }),
      watch,
    );
    expect(decided.results[1]).toEqual({ code: 'action.forbidden', detail: 'Not today.' });
    expect(asked).toEqual([
      ['send', { account: 'ann', session: 's2', admin: true }, [...standing('member').values()][0]],
    ]);
  });

  test('an attachment that the sender may show is taken', () => {
    const d = draft({ attachment: 'f1' });
    expect(one(d, locked({ attachments: new Set([attachmentKey(d)]) }))).toMatchObject({ seq: 5 });
  });

  test('whatever the batch: seqs without holes, one row per accepted id, a result per draft', () => {
    const drafts = fc.array(
      fc.record({
        id: fc.constantFrom('m1', 'm2', 'm3'),
        sender: fc.constantFrom('ann', 'eve'),
        hash: fc.constantFrom('h1', 'h2'),
        replyTo: fc.option(fc.integer({ min: 1, max: 8 })),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(drafts, (list) => {
        const decided = decideAppend(list.map(draft), locked(), decide);
        expect(decided.results).toHaveLength(list.length);
        expect(decided.rows.map((row) => row.seq)).toEqual(decided.rows.map((_, i) => 5 + i));
        expect(decided.rows.map((row) => row.rev)).toEqual(decided.rows.map((_, i) => 10 + i));
        expect(new Set(decided.rows.map((row) => draftKey(row.draft))).size).toBe(decided.rows.length);
        expect(decided.rows.every((row) => row.draft.sender === ('ann' as never))).toBe(true);
      }),
    );
  });
});
