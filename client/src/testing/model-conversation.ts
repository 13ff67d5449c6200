import type { MessageFrame } from '../frames.ts';
import type { Conversation, StoredMessage } from '../types.ts';

/** What the model can do to a conversation. */
export type Act =
  | { readonly act: 'send'; readonly mention?: boolean }
  /** `mention`: whether it names the reader from now on; left out: as before. */
  | { readonly act: 'edit'; readonly at: number; readonly mention?: boolean }
  | { readonly act: 'delete'; readonly at: number }
  | { readonly act: 'pin'; readonly at: number }
  | { readonly act: 'react'; readonly at: number; readonly user: number; readonly on: boolean };

export const deletedAt = '2026-01-01T00:00:00.000Z';

/** A server's side of one conversation, small enough to be plainly right: the present messages, and every frame it made. */
export class ModelConversation {
  readonly messages: StoredMessage[] = [];
  readonly frames: MessageFrame[] = [];
  rev = 0;
  /** The reader's mark, whichever device set it. */
  read = 0;
  /** The reader is not a member any more. */
  hidden = false;
  /** What has been changed of the summary. */
  settings: Partial<Conversation> = {};
  readonly id = 'c';
  epoch = 'e';
  readonly me: string;

  constructor(me = 'me') {
    this.me = me;
  }

  /** A restored backup: another epoch, and only the first `length` messages. */
  restore(length: number): void {
    this.epoch += "'";
    this.messages.length = length;
    this.rev = length;
  }

  apply(act: Act): void {
    if (act.act === 'send') {
      const id = `m${this.messages.length + 1}`;
      this.send('other', id, id, act.mention ? [this.me] : []);
      return;
    }
    const message = this.messages[act.at % Math.max(1, this.messages.length)];
    if (!message || message.content === null) return;
    const rev = ++this.rev;
    const { seq } = message;
    const base = { conversation: this.id, seq, rev };
    if (act.act === 'edit') {
      const edited = {
        ...message,
        rev,
        mentions: act.mention === undefined ? message.mentions : act.mention ? [this.me] : [],
        content: { type: 'text' as const, text: `edited ${rev}` },
        editedAt: deletedAt,
      };
      this.put(edited, { op: 'edited', ...edited });
    } else if (act.act === 'delete') {
      const tombstone = { ...message, rev, content: null, mentions: [], reactions: {}, pinned: false, deletedAt };
      this.put(tombstone, { op: 'deleted', ...base });
    } else if (act.act === 'pin') {
      this.put({ ...message, rev, pinned: !message.pinned }, { op: 'pinned', ...base, user: 'u', on: !message.pinned });
    } else {
      const user = `u${act.user}`;
      const users = (message.reactions['👍'] ?? []).filter((other) => other !== user);
      const next = act.on ? [...users, user] : users;
      this.put(
        { ...message, rev, reactions: next.length > 0 ? { '👍': next } : {} },
        { op: 'reaction', ...base, user, emoji: '👍', on: act.on },
      );
    }
  }

  send(sender: string, id: string, text = id, mentions: readonly string[] = []): StoredMessage {
    const message: StoredMessage = {
      conversation: this.id,
      seq: this.messages.length + 1,
      rev: ++this.rev,
      id,
      sender: { id: sender, username: sender, name: sender, version: 0 },
      content: { type: 'text', text },
      replyTo: null,
      thread: null,
      mentions: [...mentions],
      createdAt: '2026-01-01T00:00:00.000Z',
      editedAt: null,
      deletedAt: null,
      reactions: {},
      pinned: false,
    };
    this.messages.push(message);
    this.frames.push({ op: 'message', ...message });
    return message;
  }

  private put(message: StoredMessage, frame: MessageFrame): void {
    this.messages[message.seq - 1] = message;
    this.frames.push(frame);
  }

  /**
   * What `resume` from a position brings: present states, ascending by rev. One that holds `limit` of them and no more tells
   * changes of older messages first, then messages by seq, and says where to go on.
   */
  backlog(position: { seq: number; rev: number }, limit = Number.POSITIVE_INFINITY) {
    const byRev = (a: StoredMessage, b: StoredMessage) => a.rev - b.rev;
    const older = this.messages.slice(0, position.seq).filter((message) => message.rev > position.rev);
    const all = [...older.sort(byRev), ...this.messages.slice(position.seq)];
    const told = all.slice(0, limit);
    const frames = [...told].sort(byRev).map((message): MessageFrame => {
      if (message.seq > position.seq) return { op: 'message', ...message };
      if (message.content !== null) return { op: 'edited', ...message };
      return { op: 'deleted', conversation: this.id, seq: message.seq, rev: message.rev };
    });
    const last = told.at(-1);
    if (told.length === all.length || !last)
      return { frames, continuity: 'kept', seq: this.messages.length, rev: this.rev };
    const { seq, rev } = last.seq > position.seq ? { seq: last.seq, rev: this.rev } : { ...position, rev: last.rev };
    return { frames, continuity: 'more', seq, rev };
  }

  get head() {
    return { epoch: this.epoch, lastSeq: this.messages.length, lastRev: this.rev };
  }

  /** What the reader has not read of others, and what of it names them. */
  get counts() {
    const unread = this.messages.filter(
      ({ seq, sender, content }) => seq > this.read && sender.id !== this.me && content !== null,
    );
    return { unread: unread.length, mentions: unread.filter(({ mentions }) => mentions.includes(this.me)).length };
  }

  page(before: number, limit: number) {
    const items = this.messages.filter((message) => message.seq < before).slice(-limit);
    return { items, ...this.head };
  }

  get summary(): Conversation {
    return {
      id: this.id,
      kind: 'group',
      name: 'A group',
      topic: null,
      avatar: null,
      visibility: 'private',
      history: 'all',
      ...this.head,
      role: 'member',
      ...this.counts,
      delivered: this.read,
      read: this.read,
      muted: false,
      mutedUntil: null,
      archived: false,
      pinned: false,
      notify: 'all',
      preferencesVersion: 0,
      memberCount: 2,
      peer: null,
      lastMessage: this.messages.at(-1) ?? null,
      createdAt: deletedAt,
      updatedAt: deletedAt,
      ...this.settings,
    };
  }
}
