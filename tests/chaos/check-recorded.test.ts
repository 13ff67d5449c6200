import { describe, expect, test } from 'vitest';
import { checkRecorded, isClean } from './check-recorded.ts';
import type { Breaches } from './ledger.ts';
import { type Recorded, type RecordedClient, type RecordedConversation, type Seen, tombstone } from './recorded.ts';

const seen = (seq: number, over: Partial<Seen> = {}): Seen => ({
  conversation: 'c',
  seq,
  rev: seq,
  id: `m${seq}`,
  sender: 'ann',
  content: `text ${seq}`,
  reactions: '',
  ...over,
});
const three = [seen(1), seen(2), seen(3)];
const sentOf = (messages: readonly Seen[]) =>
  messages.map(({ conversation, id, content, seq, rev }) => ({ conversation, id, content, seq, rev }));

/** Ann has sent three messages to bob; eve is in another conversation. Each test changes one thing. */
function run(
  over: {
    ann?: Partial<RecordedClient>;
    bob?: Partial<RecordedClient>;
    eve?: Partial<RecordedClient>;
    c?: Partial<RecordedConversation>;
  } = {},
): Recorded {
  const client = (user: string, told: readonly Seen[], more?: Partial<RecordedClient>): RecordedClient => ({
    user,
    sent: [],
    edits: [],
    deletions: [],
    reactions: [],
    told,
    shown: told,
    ...more,
  });
  return {
    clients: [
      client('ann', three, { sent: sentOf(three), ...over.ann }),
      client('bob', three, over.bob),
      client('eve', [], over.eve),
    ],
    conversations: [
      { id: 'c', members: ['ann', 'bob'], lastSeq: 3, history: three, ...over.c },
      { id: 'd', members: ['eve'], lastSeq: 0, history: [] },
    ],
  };
}

const unanswered = sentOf(three).map((sent) => (sent.id === 'm3' ? { ...sent, seq: null, rev: null } : sent));
const withoutLast = { told: three.slice(0, 2), shown: three.slice(0, 2) };
const oneRev = [seen(1), seen(2), seen(3, { rev: 2 })];
const sharedRev = { told: oneRev, shown: oneRev };
const edited = seen(2, { rev: 4, content: 'better' });
const edit = { conversation: 'c', seq: 2, content: 'better', rev: 4 };
const deleted = seen(2, { rev: 4, content: tombstone });
const deletion = { conversation: 'c', seq: 2, acked: true };
const liked = seen(2, { rev: 4, reactions: '+ ann' });
const reaction = { conversation: 'c', seq: 2, emoji: '+', acked: true };
/** Message 2 as everybody shows it, and as it is stored. */
const showing = (second: Seen, ann: Partial<RecordedClient>) => {
  const all = [seen(1), second, seen(3)];
  return { ann: { ...ann, shown: all }, bob: { shown: all }, c: { history: all } };
};
const afterEdit = { c: { history: [seen(1), edited, seen(3)] }, bob: { shown: [seen(1), edited, seen(3)] } };

/** What breaks one promise, and the one count that must tell. */
const broken: readonly [keyof Breaches, number, string, Recorded][] = [
  [
    'lost',
    1,
    'acknowledged, and not in history',
    run({ ann: { sent: [...sentOf(three), { conversation: 'c', id: 'm4', content: 'text 4', seq: 4, rev: 4 }] } }),
  ],
  ['lost', 1, 'a member was never told of the last message', run({ bob: { told: three.slice(0, 2) } })],
  ['lost', 1, 'a member was never told of one in the middle', run({ bob: { told: [seen(1), seen(3)] } })],
  ['lost', 1, 'a member does not show the last message', run({ bob: { shown: three.slice(0, 2) } })],
  ['lost', 1, 'a member does not show one in the middle', run({ bob: { shown: [seen(1), seen(3)] } })],
  ['lost', 1, 'an acknowledged edit is not in history', run({ ann: { edits: [edit] } })],
  [
    'lost',
    1,
    'an edit did not reach a member',
    run({ ...afterEdit, ann: { edits: [edit], shown: [seen(1), edited, seen(3)] }, bob: {} }),
  ],
  ['lost', 1, 'an acknowledged deletion is not in history', run({ ann: { deletions: [deletion] } })],
  ['lost', 1, 'an acknowledged reaction is not in history', run({ ann: { reactions: [reaction] } })],
  [
    'lost',
    1,
    'what was deleted is back',
    run(showing(seen(2, { rev: 5, content: 'better' }), { edits: [{ ...edit, rev: 4 }], deletions: [deletion] })),
  ],
  ['contradicted', 3, 'deleted, and nobody asked for it', run(showing(deleted, {}))],
  ['contradicted', 1, 'a reaction that nobody gave', run(showing(liked, {}))],
  [
    'contradicted',
    1,
    'one client shows other reactions than the others',
    run({
      ...showing(liked, { reactions: [reaction] }),
      bob: { shown: [seen(1), { ...liked, reactions: '' }, seen(3)] },
    }),
  ],
  ['duplicated', 1, 'an id is stored twice', run({ c: { lastSeq: 4, history: [...three, seen(4, { id: 'm1' })] } })],
  ['duplicated', 1, 'a seq is given twice', run({ c: { history: [...three, seen(3, { id: 'm4', rev: 4 })] } })],
  ['duplicated', 1, 'a message is told twice', run({ bob: { told: [...three, seen(3)] } })],
  ['duplicated', 1, 'an old message is told again', run({ bob: { told: [...three, seen(1)] } })],
  ['duplicated', 1, 'a message is shown twice', run({ bob: { shown: [seen(1), seen(1), seen(2), seen(3)] } })],
  [
    'holes',
    1,
    'a seq is missing in the middle',
    run({
      ann: { sent: sentOf([seen(1), seen(3)]), told: [seen(1), seen(3)], shown: [seen(1), seen(3)] },
      bob: { told: [seen(1), seen(3)], shown: [seen(1), seen(3)] },
      c: { history: [seen(1), seen(3)] },
    }),
  ],
  ['holes', 1, 'history ends before the head', run({ c: { lastSeq: 4 } })],
  ['reordered', 1, 'two messages are told the wrong way round', run({ bob: { told: [seen(2), seen(1), seen(3)] } })],
  ['reordered', 1, 'two messages are shown the wrong way round', run({ bob: { shown: [seen(1), seen(3), seen(2)] } })],
  [
    'contradicted',
    1,
    'history has another seq than was acknowledged',
    run({ ann: { sent: sentOf([seen(1), seen(2, { seq: 5, rev: 5 }), seen(3)]) } }),
  ],
  [
    'contradicted',
    1,
    'history has an older rev than was acknowledged',
    run({ ann: { sent: sentOf([seen(1), seen(2), seen(3, { rev: 7 })]) } }),
  ],
  [
    'contradicted',
    1,
    'one client was told another content than the others',
    run({ bob: { told: [seen(1), seen(2, { content: 'no' }), seen(3)] } }),
  ],
  [
    'contradicted',
    1,
    'one client shows another content than the others',
    run({ bob: { shown: [seen(1), seen(2, { content: 'no' }), seen(3)] } }),
  ],
  [
    'contradicted',
    1,
    'a content that nobody wrote, under a rev that nobody else saw',
    run({ bob: { told: [seen(1), seen(2, { rev: 1.5, content: 'no' }), seen(3)] } }),
  ],
  [
    'contradicted',
    1,
    'a client saw a later rev than history has',
    run({ bob: { told: [seen(1), seen(2), seen(3, { rev: 9 })] } }),
  ],
  [
    'contradicted',
    1,
    'two messages have one rev',
    run({ ann: { ...sharedRev, sent: unanswered }, bob: sharedRev, c: { history: sharedRev.told } }),
  ],
  ['invented', 1, 'told, and not in history', run({ bob: { told: [...three, seen(4)] } })],
  ['invented', 1, 'shown, and not in history', run({ bob: { shown: [...three, seen(4)] } })],
  [
    'invented',
    2,
    'unanswered, told before it was stored, and then never stored',
    run({ ann: { ...withoutLast, sent: unanswered }, c: { lastSeq: 2, history: three.slice(0, 2) } }),
  ],
  ['leaked', 1, 'told to somebody who is no member', run({ eve: { told: [seen(2)] } })],
  ['leaked', 1, 'shown to somebody who is no member', run({ eve: { shown: [seen(2)] } })],
];

describe('the checker', () => {
  test('finds nothing in a run that is right', () => {
    const verdict = checkRecorded(run());
    expect(verdict).toMatchObject({ sent: 3, acked: 3, delivered: 6, problems: [] });
    expect(isClean(verdict)).toBe(true);
  });

  test('finds nothing wrong with a message without an answer that was stored, nor with one that was not', () => {
    const pending = { conversation: 'c', id: 'm4', content: 'text 4', seq: null, rev: null };
    expect(checkRecorded(run({ ann: { sent: [...unanswered, pending] } }))).toMatchObject({ acked: 2, problems: [] });
  });

  test('finds nothing wrong with an edit that some saw live and others in the backlog', () => {
    const { problems } = checkRecorded(
      run({
        ann: { sent: sentOf(three), edits: [edit], shown: [seen(1), edited, seen(3)] },
        bob: { told: [seen(1), edited, seen(3)], shown: [edited, seen(3)] },
        c: afterEdit.c,
      }),
    );
    expect(problems).toEqual([]);
  });

  test('finds nothing wrong with a deletion or a reaction, answered or not, nor with a reaction that went with its message', () => {
    const gone = { reactions: [reaction], deletions: [deletion] };
    const right = [
      run(showing(deleted, { deletions: [deletion] })),
      run(showing(deleted, { deletions: [{ ...deletion, acked: false }] })),
      run({ ann: { deletions: [{ ...deletion, acked: false }] } }),
      run(showing(liked, { reactions: [reaction] })),
      run(showing(liked, { reactions: [{ ...reaction, acked: false }] })),
      run({ ann: { reactions: [{ ...reaction, acked: false }] } }),
      run(showing(deleted, gone)),
    ];
    for (const recorded of right) expect(checkRecorded(recorded).problems).toEqual([]);
  });

  test.each(broken)('%s %i: %s', (kind, count, _, recorded) => {
    const { sent, acked, delivered, problems, ...breaches } = checkRecorded(recorded);
    const none = { lost: 0, duplicated: 0, holes: 0, reordered: 0, contradicted: 0, invented: 0, leaked: 0 };
    expect(breaches).toEqual({ ...none, [kind]: count });
    expect(problems).toHaveLength(count);
    expect(problems[0]).toMatch(new RegExp(`^${kind}: `));
    expect(isClean(breaches)).toBe(false);
  });

  test('every count has a history that trips it', () => {
    const { sent, acked, delivered, problems, ...breaches } = checkRecorded(run());
    expect([...new Set(broken.map(([kind]) => kind))].sort()).toEqual(Object.keys(breaches).sort());
  });

  test('names the first twenty problems and counts them all', () => {
    const strangers = Array.from({ length: 50 }, () => seen(2));
    const { leaked, problems } = checkRecorded(run({ eve: { told: strangers } }));
    expect({ leaked, named: problems.length }).toEqual({ leaked: 50, named: 20 });
  });
});
