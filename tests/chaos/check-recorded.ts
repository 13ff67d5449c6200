import { checkDeletions, checkEdits, checkReactions, checkStates } from './check-changes.ts';
import { type Breaches, createLedger, type Ledger } from './ledger.ts';
import { describe, type History, idKey, readHistory } from './read-history.ts';
import type { Recorded, RecordedClient, Seen } from './recorded.ts';

export interface Verdict extends Breaches {
  readonly sent: number;
  readonly acked: number;
  /** Messages told, over all clients. */
  readonly delivered: number;
  /** The first twenty, for people. */
  readonly problems: readonly string[];
}

/** Holds one run against the promises. Pure; every breach is counted once, by the count that names it. */
export function checkRecorded({ clients, conversations }: Recorded): Verdict {
  const ledger = createLedger();
  const histories = new Map(conversations.map((conversation) => [conversation.id, readHistory(conversation, ledger)]));
  let acked = 0;
  for (const client of clients) {
    acked += checkSent(client, histories, ledger);
    checkEdits(client, histories, ledger);
    checkDeletions(client, histories, ledger);
  }
  checkReactions(clients, histories, ledger);
  checkStates(clients, histories, ledger);
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
