import type { Ledger } from './ledger.ts';
import { describe, type History, idKey } from './read-history.ts';
import { type RecordedClient, type Seen, tombstone } from './recorded.ts';

type Histories = ReadonlyMap<string, History>;

/** What was acknowledged as edited stays edited; a later edit or deletion has a higher rev. */
export function checkEdits(client: RecordedClient, histories: Histories, ledger: Ledger): void {
  for (const { conversation, seq, rev } of client.edits) {
    if (rev === null) continue;
    const stored = histories.get(conversation)?.bySeq.get(seq);
    if (stored && stored.rev >= rev) continue;
    ledger.add('lost', `the edit of ${conversation} seq ${seq}, acknowledged with rev ${rev}, is not in history`);
  }
}

/** What was acknowledged as deleted stays deleted; so do reactions, until their message is. */
export function checkDeletions({ deletions }: RecordedClient, histories: Histories, ledger: Ledger): void {
  for (const { conversation, seq, acked } of deletions) {
    if (!acked || histories.get(conversation)?.bySeq.get(seq)?.content === tombstone) continue;
    ledger.add('lost', `the deletion of ${conversation} seq ${seq}, acknowledged, is not in history`);
  }
}

export function checkReactions(clients: readonly RecordedClient[], histories: Histories, ledger: Ledger): void {
  const asked = new Set<string>();
  for (const { user, reactions } of clients) {
    for (const { conversation, seq, emoji, acked } of reactions) {
      asked.add(`${conversation} ${seq} ${emoji} ${user}`);
      const stored = histories.get(conversation)?.bySeq.get(seq);
      if (!acked || stored?.content === tombstone || linesOf(stored?.reactions ?? '').includes(`${emoji} ${user}`))
        continue;
      ledger.add('lost', `${emoji} of ${user} to ${conversation} seq ${seq}, acknowledged, is not in history`);
    }
  }
  for (const { bySeq } of histories.values()) {
    for (const message of bySeq.values()) {
      for (const line of linesOf(message.reactions)) {
        if (asked.has(`${message.conversation} ${message.seq} ${line}`)) continue;
        ledger.add('contradicted', `${describe(message)} bears a reaction that nobody gave: ${line}`);
      }
    }
  }
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter(Boolean);

/**
 * A rev names one state: whoever saw it saw the same. And no state has a content that its sender did not write: the one it was
 * sent with, that of an edit, or none once its deletion was asked for.
 */
export function checkStates(clients: readonly RecordedClient[], histories: Histories, ledger: Ledger): void {
  const written = new Map<string, Set<string>>();
  const write = (key: string, content: string) => {
    const known = written.get(key);
    if (known) known.add(content);
    else written.set(key, new Set([content]));
  };
  const writeAt = (conversation: string, seq: number, content: string) => {
    const changed = histories.get(conversation)?.bySeq.get(seq);
    if (changed) write(`${conversation} ${idKey(changed.sender, changed.id)}`, content);
  };
  const contents = new Map<string, string>();
  const reactions = new Map<string, string>();
  const key = (conversation: string, seq: number, rev: number) => `${conversation} ${seq} ${rev}`;
  for (const { user, sent, edits, deletions } of clients) {
    for (const { conversation, id, content, seq, rev } of sent) {
      write(`${conversation} ${idKey(user, id)}`, content);
      if (seq !== null && rev !== null) contents.set(key(conversation, seq, rev), content);
    }
    for (const { conversation, seq, content, rev } of edits) {
      writeAt(conversation, seq, content);
      if (rev !== null) contents.set(key(conversation, seq, rev), content);
    }
    for (const { conversation, seq } of deletions) writeAt(conversation, seq, tombstone);
  }
  const look = (seen: Seen, where: string): void => {
    const state = key(seen.conversation, seen.seq, seen.rev);
    const known = written.get(`${seen.conversation} ${idKey(seen.sender, seen.id)}`);
    if (!agrees(contents, state, seen.content) || known?.has(seen.content) === false) {
      ledger.add('contradicted', `${where} shows another content of ${describe(seen)}`);
    } else if (!agrees(reactions, state, seen.reactions)) {
      ledger.add('contradicted', `${where} shows other reactions to ${describe(seen)}`);
    }
  };
  for (const { bySeq } of histories.values()) for (const message of bySeq.values()) look(message, 'history');
  for (const { user, told, shown } of clients) {
    for (const seen of told) look(seen, `what ${user} was told`);
    for (const seen of shown) look(seen, `the view of ${user}`);
  }
}

/** Whoever comes first says what it is. */
function agrees(known: Map<string, string>, key: string, value: string): boolean {
  if (!known.has(key)) known.set(key, value);
  return known.get(key) === value;
}
