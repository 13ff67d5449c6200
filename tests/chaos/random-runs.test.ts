import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRecorded, isClean } from './check-recorded.ts';
import {
  type Recorded,
  type RecordedClient,
  type RecordedConversation,
  type RecordedDeletion,
  type RecordedEdit,
  type RecordedReaction,
  type Seen,
  type SentMessage,
  tombstone,
} from './recorded.ts';

/** What happens in a conversation, in order; numbers choose among what there is. */
type Act =
  | { readonly act: 'send'; readonly by: number; readonly answered: boolean }
  | { readonly act: 'edit' | 'delete' | 'react'; readonly at: number; readonly answered: boolean };

interface Plan {
  readonly clients: number;
  /** Of every conversation: which clients are in it (as bits), and what happens. */
  readonly conversations: readonly { readonly members: number; readonly acts: readonly Act[] }[];
}

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('send' as const), by: fc.nat(9), answered: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('edit' as const, 'delete' as const, 'react' as const),
      at: fc.nat(99),
      answered: fc.boolean(),
    }),
  },
);

/** Runs in which every promise was kept. */
const validRun: fc.Arbitrary<Recorded> = fc
  .record({
    clients: fc.integer({ min: 2, max: 4 }),
    conversations: fc.array(
      fc.record({
        members: fc.integer({ min: 1, max: 15 }),
        acts: fc.array(act, { minLength: 2, maxLength: 12, size: 'max' }),
      }),
      { minLength: 1, maxLength: 3, size: 'max' },
    ),
  })
  .map(runPlan);

interface Draft {
  readonly sent: SentMessage[];
  readonly edits: RecordedEdit[];
  readonly deletions: RecordedDeletion[];
  readonly reactions: RecordedReaction[];
  readonly told: Seen[];
  readonly shown: Seen[];
}

function runPlan({ clients: count, conversations: plans }: Plan): Recorded {
  const users = Array.from({ length: count }, (_, i) => `user${i}`);
  const empty = (): Draft => ({ sent: [], edits: [], deletions: [], reactions: [], told: [], shown: [] });
  const drafts = new Map(users.map((user): [string, Draft] => [user, empty()]));
  const conversations = plans.map(({ members: bits, acts }, n): RecordedConversation => {
    const chosen = users.filter((_, i) => bits & (1 << i));
    const members = chosen.length > 0 ? chosen : users.slice(0, 1);
    const history: Seen[] = [];
    let rev = 0;
    for (const one of acts) {
      rev++;
      if (one.act === 'send') send(`c${n}`, members, history, rev, one);
      else if (history.length > 0) change(`c${n}`, history, rev, one);
    }
    for (const user of members) drafts.get(user)?.shown.push(...history.slice(history.length >> 1));
    return { id: `c${n}`, members, lastSeq: history.length, history };
  });
  return { clients: users.map((user): RecordedClient => ({ user, ...(drafts.get(user) as Draft) })), conversations };

  function send(
    conversation: string,
    members: readonly string[],
    history: Seen[],
    rev: number,
    { by, answered }: { by: number; answered: boolean },
  ): void {
    const sender = members[by % members.length] as string;
    const seq = history.length + 1;
    const id = `m${rev}`;
    const content = `written ${rev}`;
    const message = { conversation, seq, rev, id, sender, content, reactions: '' };
    history.push(message);
    drafts.get(sender)?.sent.push({
      conversation,
      id,
      content,
      seq: answered ? seq : null,
      rev: answered ? rev : null,
    });
    for (const user of members) drafts.get(user)?.told.push(message);
  }

  function change(
    conversation: string,
    history: Seen[],
    rev: number,
    { act, at, answered }: { act: 'edit' | 'delete' | 'react'; at: number; answered: boolean },
  ): void {
    const before = history[at % history.length] as Seen;
    const { seq } = before;
    if (before.content === tombstone) return;
    const by = drafts.get(before.sender) as Draft;
    if (act === 'edit') {
      const content = `edited ${rev}`;
      history[seq - 1] = { ...before, rev, content };
      by.edits.push({ conversation, seq, content, rev: answered ? rev : null });
    } else if (act === 'delete') {
      history[seq - 1] = { ...before, rev, content: tombstone, reactions: '' };
      by.deletions.push({ conversation, seq, acked: answered });
    } else if (before.reactions === '') {
      history[seq - 1] = { ...before, rev, reactions: `+ ${before.sender}` };
      by.reactions.push({ conversation, seq, emoji: '+', acked: answered });
    }
  }
}

type Mutate = (recorded: Recorded, at: number) => Recorded | null;

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** Replaces what one client has recorded; null: there is nothing to replace. */
function changeClient(
  list: 'told' | 'shown',
  change: (seen: readonly Seen[], at: number) => readonly Seen[] | null,
): Mutate {
  return ({ clients, conversations }, at) => {
    const client = pick(
      clients.filter((candidate) => candidate[list].length > 0),
      at,
    );
    const changed = client && change(client[list], at % client[list].length);
    if (!changed) return null;
    return { conversations, clients: clients.map((one) => (one === client ? { ...one, [list]: changed } : one)) };
  };
}

function changeHistory(change: (history: readonly Seen[], at: number) => readonly Seen[]): Mutate {
  return ({ clients, conversations }, at) => {
    const one = pick(
      conversations.filter(({ history }) => history.length > 0),
      at,
    );
    if (!one) return null;
    const history = change(one.history, at % one.history.length);
    return { clients, conversations: conversations.map((other) => (other === one ? { ...one, history } : other)) };
  };
}

/** The first place from `at` on whose successor is of the same conversation. */
function pairFrom(seen: readonly Seen[], at: number): number | null {
  const found = seen.findIndex((one, i) => i >= at && one.conversation === seen[i + 1]?.conversation);
  return found < 0 ? null : found;
}

/** Each breaks any valid run in one place. */
const mutations: readonly Mutate[] = [
  changeClient('told', (told, at) => told.toSpliced(at, 1)),
  changeClient('told', (told, at) => told.toSpliced(at, 0, told[at] as Seen)),
  changeClient('told', (told, at) => {
    const i = pairFrom(told, at);
    return i === null ? null : told.with(i, told[i + 1] as Seen).with(i + 1, told[i] as Seen);
  }),
  changeClient('told', (told, at) => told.with(at, { ...(told[at] as Seen), content: 'forged' })),
  changeClient('told', (told, at) => told.with(at, { ...(told[at] as Seen), id: 'forged' })),
  changeClient('shown', (shown, at) => {
    const i = pairFrom(shown, at);
    return i === null ? null : shown.toSpliced(i + 1, 1);
  }),
  changeClient('shown', (shown, at) => shown.with(at, { ...(shown[at] as Seen), rev: 0.5 })),
  changeClient('shown', (shown, at) => shown.with(at, { ...(shown[at] as Seen), reactions: '- nobody' })),
  changeHistory((history, at) => history.with(at, { ...(history[at] as Seen), reactions: '- nobody' })),
  changeHistory((history, at) => history.toSpliced(at, 1)),
  changeHistory((history, at) => [...history, history[at] as Seen]),
  changeHistory((history, at) => history.with(at, { ...(history[at] as Seen), content: 'forged' })),
  ({ clients, conversations }, at) => {
    const client = pick(
      clients.filter(({ sent }) => sent.some(({ seq }) => seq !== null)),
      at,
    );
    const first = client?.sent.find(({ seq }) => seq !== null);
    if (!client || !first) return null;
    const sent = client.sent.map((one) => (one === first ? { ...one, seq: (one.seq ?? 0) + 1 } : one));
    return { conversations, clients: clients.map((one) => (one === client ? { ...one, sent } : one)) };
  },
  ({ clients, conversations }, at) => {
    const told = pick(
      conversations.flatMap(({ history }) => history),
      at,
    );
    const members = conversations.find(({ id }) => id === told?.conversation)?.members ?? [];
    const stranger = clients.find(({ user }) => !members.includes(user));
    if (!told || !stranger) return null;
    return {
      conversations,
      clients: clients.map((one) => (one === stranger ? { ...one, told: [...one.told, told] } : one)),
    };
  },
];

describe('on random runs, the checker', () => {
  test('finds nothing in those that are right', () => {
    fc.assert(
      fc.property(validRun, (recorded) => {
        expect(checkRecorded(recorded).problems).toEqual([]);
      }),
    );
  });

  test('finds whichever single thing is changed', () => {
    fc.assert(
      fc.property(validRun, fc.nat(mutations.length - 1), fc.nat(), (recorded, which, at) => {
        const mutant = mutations[which]?.(recorded, at) ?? null;
        fc.pre(mutant !== null);
        expect(isClean(checkRecorded(mutant as Recorded))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
