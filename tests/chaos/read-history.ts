import type { Ledger } from './ledger.ts';
import type { RecordedConversation, Seen } from './recorded.ts';

/** A conversation as it is stored, to look things up in. */
export interface History {
  readonly members: ReadonlySet<string>;
  readonly lastSeq: number;
  readonly bySeq: ReadonlyMap<number, Seen>;
  readonly byId: ReadonlyMap<string, Seen>;
}

export const idKey = (sender: string, id: string): string => `${sender} ${id}`;
export const describe = ({ conversation, seq, rev, id }: Seen): string =>
  `${conversation} seq ${seq} rev ${rev} id ${id}`;

/** Finds what breaks a promise by itself: seqs, ids and revs. */
export function readHistory({ id, members, lastSeq, history }: RecordedConversation, ledger: Ledger): History {
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
