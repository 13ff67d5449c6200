import type { ConversationState, Draft, Receipt, StoredMessage } from '@parley/client';
import { daysBetween } from '../format.ts';

/** One row of a conversation: a message or a draft, with what stands above it. */
export interface Row {
  readonly key: string;
  readonly message: StoredMessage | null;
  readonly draft: Draft | null;
  /** When it was written. */
  readonly at: string;
  /** A day begins with it. */
  readonly day: boolean;
  /** The first one not read when the conversation was opened. */
  readonly firstUnread: boolean;
  /** The first and the last of a run of one sender: the first shows the name, the last the avatar. */
  readonly opens: boolean;
  readonly closes: boolean;
}

/** Messages of one sender within this time are one group. */
const groupMs = 5 * 60_000;

/**
 * Messages and then drafts as rows. `readAtOpening`: the read mark when the conversation was opened, for the line above what
 * was new; Infinity: nothing was. A draft keeps its row when it becomes a message (same key), so that nothing flickers.
 */
export function createTimeline(
  messages: readonly StoredMessage[],
  drafts: readonly Draft[],
  me: string,
  readAtOpening: number,
): readonly Row[] {
  const present = new Set(messages.filter(({ sender }) => sender.id === me).map(({ id }) => id));
  const entries = [
    ...messages.map((message) => ({
      message,
      draft: null,
      at: message.createdAt,
      sender: senderOf(message),
      id: message.id,
    })),
    ...drafts
      .filter(({ id }) => !present.has(id))
      .map((draft) => ({ message: null, draft, at: draft.createdAt, sender: me, id: draft.id })),
  ];
  const firstUnread = messages.findIndex(
    ({ seq, sender, content }) => seq > readAtOpening && sender.id !== me && content?.type !== 'system',
  );
  return entries.map((entry, index) => {
    const before = entries[index - 1];
    const after = entries[index + 1];
    const day = !before || daysBetween(new Date(before.at), new Date(entry.at)) !== 0;
    const nextDay = !after || daysBetween(new Date(entry.at), new Date(after.at)) !== 0;
    return {
      key: `${entry.sender} ${entry.id}`,
      message: entry.message,
      draft: entry.draft,
      at: entry.at,
      day,
      firstUnread: index === firstUnread,
      opens: day || index === firstUnread || !together(before, entry),
      closes: nextDay || index + 1 === firstUnread || !together(entry, after),
    };
  });
}

interface Entry {
  readonly at: string;
  readonly sender: string;
}

/** System messages stand alone. */
function senderOf(message: StoredMessage): string {
  return message.content?.type === 'system' ? `system ${message.seq}` : message.sender.id;
}

function together(a: Entry | undefined, b: Entry | undefined): boolean {
  return a !== undefined && b !== undefined && a.sender === b.sender && Date.parse(b.at) - Date.parse(a.at) < groupMs;
}

export type Tick = 'sent' | 'delivered' | 'read';

/** How far an own message has come: as far as with the slowest of the others. Nobody heard of yet: sent. */
export function tickOf(seq: number, receipts: ConversationState['receipts']): Tick {
  const others: readonly Receipt[] = Object.values(receipts);
  if (others.length === 0) return 'sent';
  if (others.every(({ read }) => read >= seq)) return 'read';
  return others.every(({ delivered }) => delivered >= seq) ? 'delivered' : 'sent';
}
