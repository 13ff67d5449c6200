import type { Recorded, RecordedClient, RecordedConversation, Seen } from './recorded.ts';

/** How often each promise was broken (DESIGN section 6, 1–6). All zero: the run was right. */
export interface Breaches {
  /** Acknowledged and not in history; in history and never told to, or not shown by, a member. */
  readonly lost: number;
  /** An id stored twice, a seq given twice, a message told twice to one client. */
  readonly duplicated: number;
  /** Seqs from 1 to the last that history does not have. */
  readonly holes: number;
  /** Told after a message of a higher seq. */
  readonly reordered: number;
  /** Two sights of one message that cannot both be true: acknowledgement, history, what any client saw. */
  readonly contradicted: number;
  /** Seen by a client, in no history. */
  readonly invented: number;
  /** Seen by who is no member. */
  readonly leaked: number;
}

export interface Verdict extends Breaches {
  readonly sent: number;
  readonly acked: number;
  /** Messages told, over all clients. */
  readonly delivered: number;
  /** The first twenty, for people. */
  readonly problems: readonly string[];
}

const shownProblems = 20;

/** Holds one run against the promises. Pure; every breach is counted once, by the count that names it. */
export function checkRecorded({ clients, conversations }: Recorded): Verdict {
  const ledger = createLedger();
  const histories = new Map(conversations.map((conversation) => [conversation.id, readHistory(conversation, ledger)]));
  let acked = 0;
  for (const client of clients) {
    acked += checkSent(client, histories, ledger);
    checkEdits(client, histories, ledger);
  }
  checkContents(clients, histories, ledger);
  for (const client of clients) {
    checkTold(client, histories, ledger);
    checkShown(client, histories, ledger);
  }
  const total = (count: (client: RecordedClient) => number) => clients.reduce((sum, client) => sum + count(client), 0);
  return {
    sent: total(({ sent }) => sent.length),
    acked,
    delivered: total(({ told }) => told.length),
    ...ledger.breaches,
    problems: ledger.problems,
  };
}

/** True when nothing at all is wrong. */
export function isClean(breaches: Breaches): boolean {
  const { lost, duplicated, holes, reordered, contradicted, invented, leaked } = breaches;
  return lost + duplicated + holes + reordered + contradicted + invented + leaked === 0;
}

type Ledger = ReturnType<typeof createLedger>;

function createLedger() {
  const breaches = { lost: 0, duplicated: 0, holes: 0, reordered: 0, contradicted: 0, invented: 0, leaked: 0 };
  const problems: string[] = [];
  return {
    breaches,
    problems,
    add(kind: keyof Breaches, problem: string): void {
      breaches[kind]++;
      if (problems.length < shownProblems) problems.push(`${kind}: ${problem}`);
    },
  };
}

interface History {
  readonly members: ReadonlySet<string>;
  readonly lastSeq: number;
  readonly bySeq: ReadonlyMap<number, Seen>;
  readonly byId: ReadonlyMap<string, Seen>;
}

const idKey = (sender: string, id: string): string => `${sender} ${id}`;
const describe = ({ conversation, seq, rev, id }: Seen): string => `${conversation} seq ${seq} rev ${rev} id ${id}`;

function readHistory({ id, members, lastSeq, history }: RecordedConversation, ledger: Ledger): History {
  const bySeq = new Map<number, Seen>();
  const byId = new Map<string, Seen>();
  const byRev = new Map<number, Seen>();
  const seqs = new Set<number>();
  for (const message of history) {
    const key = idKey(message.sender, message.id);
    seqs.add(message.seq);
    if (bySeq.has(message.seq) || byId.has(key)) {
      ledger.add('duplicated', `history has ${describe(message)} again`);
      continue;
    }
    const twin = byRev.get(message.rev);
    if (twin) ledger.add('contradicted', `history gives ${describe(message)} and ${describe(twin)} one rev`);
    bySeq.set(message.seq, message);
    byId.set(key, message);
    byRev.set(message.rev, message);
  }
  let last = lastSeq;
  for (const seq of seqs) last = Math.max(last, seq);
  for (let seq = 1; seq <= last; seq++) {
    if (!seqs.has(seq)) ledger.add('holes', `history of ${id} has no seq ${seq} of ${last}`);
  }
  return { members: new Set(members), lastSeq: last, bySeq, byId };
}

/** Returns how many were acknowledged. */
function checkSent(client: RecordedClient, histories: ReadonlyMap<string, History>, ledger: Ledger): number {
  let acked = 0;
  for (const { conversation, id, seq, rev } of client.sent) {
    if (seq === null || rev === null) continue;
    acked++;
    const what = `${conversation} id ${id}, acknowledged to ${client.user} with seq ${seq} rev ${rev}`;
    const stored = histories.get(conversation)?.byId.get(idKey(client.user, id));
    if (!stored) ledger.add('lost', `${what}, is not in history`);
    else if (stored.seq !== seq) ledger.add('contradicted', `${what}, has seq ${stored.seq} in history`);
    else if (stored.rev < rev) ledger.add('contradicted', `${what}, has rev ${stored.rev} in history`);
  }
  return acked;
}

function checkEdits(client: RecordedClient, histories: ReadonlyMap<string, History>, ledger: Ledger): void {
  for (const { conversation, seq, rev } of client.edits) {
    if (rev === null) continue;
    const stored = histories.get(conversation)?.bySeq.get(seq);
    if (stored && stored.rev >= rev) continue;
    ledger.add('lost', `the edit of ${conversation} seq ${seq}, acknowledged with rev ${rev}, is not in history`);
  }
}

/**
 * A rev names one state: whoever saw it saw the same. And no state has a content that its sender did not write: the one it was
 * sent with, or that of an edit.
 */
function checkContents(
  clients: readonly RecordedClient[],
  histories: ReadonlyMap<string, History>,
  ledger: Ledger,
): void {
  const written = new Map<string, Set<string>>();
  const write = (key: string, content: string) => {
    const known = written.get(key);
    if (known) known.add(content);
    else written.set(key, new Set([content]));
  };
  const states = new Map<string, string>();
  const key = (conversation: string, seq: number, rev: number) => `${conversation} ${seq} ${rev}`;
  for (const { user, sent, edits } of clients) {
    for (const { conversation, id, content, seq, rev } of sent) {
      write(`${conversation} ${idKey(user, id)}`, content);
      if (seq !== null && rev !== null) states.set(key(conversation, seq, rev), content);
    }
    for (const { conversation, seq, content, rev } of edits) {
      const edited = histories.get(conversation)?.bySeq.get(seq);
      if (edited) write(`${conversation} ${idKey(edited.sender, edited.id)}`, content);
      if (rev !== null) states.set(key(conversation, seq, rev), content);
    }
  }
  const look = (seen: Seen, where: string): void => {
    const state = key(seen.conversation, seen.seq, seen.rev);
    const content = states.get(state);
    if (content === undefined) states.set(state, seen.content);
    const contents = written.get(`${seen.conversation} ${idKey(seen.sender, seen.id)}`);
    if ((content ?? seen.content) !== seen.content || contents?.has(seen.content) === false) {
      ledger.add('contradicted', `${where} shows another content of ${describe(seen)}`);
    }
  };
  for (const { bySeq } of histories.values()) for (const message of bySeq.values()) look(message, 'history');
  for (const { user, told, shown } of clients) {
    for (const seen of told) look(seen, `what ${user} was told`);
    for (const seen of shown) look(seen, `the view of ${user}`);
  }
}

/** False: it must not, or cannot, be held against history; that has been said. */
function isKnown(seen: Seen, user: string, histories: ReadonlyMap<string, History>, ledger: Ledger): boolean {
  const history = histories.get(seen.conversation);
  if (history && !history.members.has(user)) {
    ledger.add('leaked', `${user} is no member and saw ${describe(seen)}`);
    return false;
  }
  const stored = history?.bySeq.get(seen.seq);
  if (!stored || stored.id !== seen.id || stored.sender !== seen.sender) {
    ledger.add('invented', `${user} saw ${describe(seen)}, which is not in history`);
    return false;
  }
  if (seen.rev > stored.rev) {
    ledger.add('contradicted', `${user} saw ${describe(seen)}, history ends at rev ${stored.rev}`);
  }
  return true;
}

function checkTold(client: RecordedClient, histories: ReadonlyMap<string, History>, ledger: Ledger): void {
  const { user } = client;
  const known = new Map<string, Set<number>>();
  const last = new Map<string, number>();
  for (const seen of client.told) {
    const { conversation, seq } = seen;
    if (!isKnown(seen, user, histories, ledger)) continue;
    const before = last.get(conversation) ?? 0;
    const seqs = known.get(conversation) ?? new Set();
    known.set(conversation, seqs);
    if (seqs.has(seq)) ledger.add('duplicated', `${user} was told again of ${describe(seen)}`);
    else if (seq < before) ledger.add('reordered', `${user} was told of ${describe(seen)} after seq ${before}`);
    seqs.add(seq);
    last.set(conversation, Math.max(before, seq));
  }
  for (const [conversation, { members, bySeq }] of histories) {
    if (!members.has(user)) continue;
    for (const message of bySeq.values()) {
      if (!known.get(conversation)?.has(message.seq))
        ledger.add('lost', `${user} was never told of ${describe(message)}`);
    }
  }
}

/** From the first message it shows, a client must show what history has, in its last state. */
function checkShown(client: RecordedClient, histories: ReadonlyMap<string, History>, ledger: Ledger): void {
  const { user } = client;
  const views = new Map<string, Seen[]>();
  for (const seen of client.shown) {
    if (!isKnown(seen, user, histories, ledger)) continue;
    const view = views.get(seen.conversation) ?? [];
    views.set(seen.conversation, view);
    const last = view.at(-1)?.seq ?? 0;
    if (seen.seq === last) ledger.add('duplicated', `${user} shows ${describe(seen)} twice`);
    else if (seen.seq < last) ledger.add('reordered', `${user} shows ${describe(seen)} after seq ${last}`);
    view.push(seen);
  }
  for (const [conversation, view] of views) {
    const { bySeq, lastSeq } = histories.get(conversation) as History;
    const shown = new Map(view.map((seen) => [seen.seq, seen]));
    for (let seq = (view[0] as Seen).seq; seq <= lastSeq; seq++) {
      const stored = bySeq.get(seq);
      if (!stored) continue;
      const seen = shown.get(seq);
      if (!seen) ledger.add('lost', `${user} does not show ${describe(stored)}`);
      else if (seen.rev < stored.rev) {
        ledger.add('lost', `${user} shows rev ${seen.rev} of ${describe(stored)}: a change did not reach it`);
      }
    }
  }
}
