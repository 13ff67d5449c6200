import { fail } from '../../src/kernel/errors.ts';
import type { AccountId, ConversationId, MessageId } from '../../src/kernel/ids.ts';
import { holdsSeq, type Membership } from '../../src/model/conversation.ts';
import type { DurableDelivery } from '../../src/model/delivery.ts';
import type { Message } from '../../src/model/message.ts';
import { checkPosition } from '../../src/model/position.ts';
import type { Backlog, ConversationView } from '../../src/services/chat/api.ts';
import type { BacklogRequest } from '../../src/services/chat/trusted-api.ts';
import type { RealtimeDeps } from '../../src/services/realtime/module.ts';

/** A model of chat's history: what the hub reads, and the deliveries a router would make of the same changes. */
export interface ModelConversation {
  readonly id: ConversationId;
  readonly history: 'all' | 'since-join';
  epoch: string;
  lastSeq: number;
  lastRev: number;
  name: string;
  readonly messages: Message[];
  readonly stays: Membership[];
}

const plain = { kind: 'group', topic: null, avatar: null, visibility: 'private' } as const;

export class FakeChat {
  readonly conversations = new Map<ConversationId, ModelConversation>();
  /** Every change in commit order. */
  readonly stream: DurableDelivery[] = [];
  /** Turns of the event loop that reads take; set by tests that interleave. */
  latency: () => number = () => 0;
  /** Reads under way. */
  busy = 0;
  backlogLimit = 500;
  failing = false;
  /** Backlog readings to be answered without the last message, which the stream may show before the database (rule 12). */
  stale = 0;
  readonly calls: string[] = [];

  create(id: string, members: readonly string[], history: 'all' | 'since-join' = 'all'): ModelConversation {
    const c: ModelConversation = {
      ...{ id: id as ConversationId, history, epoch: `e-${id}`, name: id },
      ...{ lastSeq: 0, lastRev: 1, messages: [], stays: [] },
    };
    this.conversations.set(c.id, c);
    for (const user of members) c.stays.push(this.stay(c, user, 1));
    this.tell({ kind: 'members', conversation: c.id, rev: 1, members: [...c.stays], created: true });
    return c;
  }

  send(c: ModelConversation, sender: string, text = 'hello', mentions: readonly AccountId[] = []): Message {
    c.lastSeq++;
    c.lastRev++;
    const message: Message = {
      ...{ conversation: c.id, seq: c.lastSeq, rev: c.lastRev, id: `m${c.lastSeq}` as MessageId },
      ...{ sender: sender as AccountId, content: JSON.stringify({ type: 'text', text }), replyTo: null, thread: null },
      ...{ mentions, createdAt: '2026-01-01T00:00:00.000Z', editedAt: null, deletedAt: null },
      ...{ reactions: '{}', pinned: false },
    };
    c.messages.push(message);
    this.tell({ kind: 'message', conversation: c.id, rev: c.lastRev, message });
    return message;
  }

  edit(c: ModelConversation, seq: number): void {
    const message = this.change(c, seq, { editedAt: '2026-01-02T00:00:00.000Z', content: `{"edit":${c.lastRev + 1}}` });
    this.tell({ kind: 'edited', conversation: c.id, rev: c.lastRev, message });
  }

  delete(c: ModelConversation, seq: number): void {
    this.change(c, seq, { deletedAt: '2026-01-02T00:00:00.000Z', content: null });
    this.tell({ kind: 'deleted', conversation: c.id, rev: c.lastRev, seq });
  }

  join(c: ModelConversation, user: string): void {
    if (this.isMember(c, user)) return;
    c.lastRev++;
    const stay = this.stay(c, user, c.lastRev);
    c.stays.push(stay);
    this.tell({ kind: 'members', conversation: c.id, rev: c.lastRev, members: [stay], created: false });
  }

  leave(c: ModelConversation, user: string): void {
    const at = c.stays.findIndex((s) => s.user === user && s.leftRev === null);
    if (at < 0) return;
    c.lastRev++;
    const ended = { ...(c.stays[at] as Membership), leftSeq: c.lastSeq, leftRev: c.lastRev, rev: c.lastRev };
    c.stays[at] = ended;
    this.tell({ kind: 'members', conversation: c.id, rev: c.lastRev, members: [ended], created: false });
  }

  rename(c: ModelConversation): void {
    c.lastRev++;
    c.name = `${c.id} ${c.lastRev}`;
    const settings = { ...plain, name: c.name, history: c.history };
    this.tell({ kind: 'conversation', conversation: c.id, rev: c.lastRev, change: 'updated', settings });
  }

  isMember(c: ModelConversation, user: string): boolean {
    return c.stays.some((s) => s.user === user && s.leftRev === null);
  }

  /** What the user may read now, by seq. */
  visible(c: ModelConversation, user: string): Message[] {
    if (!this.isMember(c, user)) return [];
    const stays = c.stays.filter((s) => s.user === user);
    return c.messages.filter((m) => stays.some((s) => holdsSeq(s, m.seq as number)));
  }

  head(c: ModelConversation) {
    return { conversation: c.id, epoch: c.epoch, lastSeq: c.lastSeq, lastRev: c.lastRev };
  }

  readonly api: RealtimeDeps['chat'] = {
    membershipsOf: (_ctx, users) =>
      this.read('membershipsOf', () =>
        [...this.conversations.values()]
          .flatMap((c) => c.stays)
          .filter((s) => s.leftRev === null && users.includes(s.user)),
      ),
    conversationsOf: (_ctx, users) =>
      this.read('conversationsOf', () =>
        users.map((user) => ({
          user,
          conversations: [...this.conversations.values()]
            .filter((c) => c.stays.some((s) => s.user === user))
            .map((c) => c.id),
        })),
      ),
    heads: (_ctx, ids) =>
      this.read('heads', () =>
        ids.flatMap((id) => [this.conversations.get(id)].flatMap((c) => (c ? [this.head(c)] : []))),
      ),
    backlogs: (_ctx, requests) => this.read('backlogs', () => requests.map((request) => this.backlog(request))),
    resumeSummaries: (_ctx, user, named) =>
      this.read('resumeSummaries', () =>
        [...this.conversations.values()]
          .map((c) => ({ c, left: !this.isMember(c, user) }))
          .filter(({ c, left }) => !left || (named.includes(c.id) && c.stays.some((s) => s.user === user)))
          .map(({ c, left }) => ({ ...this.head(c), unread: 0, left })),
      ),
    repair: (_ctx, { conversation, rev, limit }) =>
      this.read('repair', () => {
        const c = this.conversations.get(conversation);
        if (!c) throw fail('conversation.unknown');
        const after = <T extends { rev: number | null }>(rows: readonly T[]) =>
          rows
            .filter((row) => (row.rev as number) > rev)
            .sort((a, b) => (a.rev as number) - (b.rev as number))
            .slice(0, limit);
        const [messages, memberships, head] = [after(c.messages), after(c.stays), this.head(c)];
        const cut = [messages, memberships].filter((rows) => rows.length === limit);
        const end = Math.min(head.lastRev, ...cut.map((rows) => rows.at(-1)?.rev as number));
        const told = (row: { rev: number | null }) => (row.rev as number) <= end;
        return { messages: messages.filter(told), memberships: memberships.filter(told), rev: end, head };
      }),
    viewFor: (_ctx, { conversation, user }) =>
      this.read('viewFor', () => {
        const c = this.conversations.get(conversation);
        return c && this.isMember(c, user) ? this.view(c, user) : null;
      }),
  };

  private backlog({ conversation, user, position }: BacklogRequest): Backlog {
    const now = this.conversations.get(conversation);
    const c = now && this.stale-- > 0 ? beforeLast(now) : now;
    if (!c || !this.isMember(c, user)) {
      return {
        conversation,
        items: [],
        seq: position.seq,
        rev: position.rev ?? 0,
        epoch: c?.epoch ?? '',
        continuity: 'lost',
      };
    }
    const { lastSeq, lastRev, epoch } = c;
    if (checkPosition(position, c) === 'lost') {
      return { conversation, items: [], seq: lastSeq, rev: lastRev, epoch, continuity: 'lost' };
    }
    const rev = position.rev ?? lastRev;
    const seen = this.visible(c, user);
    const changed = seen.filter((m) => (m.seq as number) <= position.seq && (m.rev as number) > rev).sort(byRev);
    const all = [...changed, ...seen.filter((m) => (m.seq as number) > position.seq)];
    const told = all.slice(0, this.backlogLimit);
    const items = [...told].sort(byRev);
    if (told.length === all.length)
      return { conversation, items, seq: lastSeq, rev: lastRev, epoch, continuity: 'kept' };
    const last = told.at(-1) as Message;
    // Only when all changes of older messages are told does the seq move, and then the rev to the head.
    const end =
      (last.seq as number) > position.seq ? { seq: last.seq, rev: lastRev } : { seq: position.seq, rev: last.rev };
    return { conversation, items, seq: end.seq as number, rev: end.rev as number, epoch, continuity: 'more' };
  }

  private view(c: ModelConversation, user: AccountId): ConversationView {
    const settings = { ...plain, name: c.name, history: c.history };
    return {
      ...settings,
      ...{
        id: c.id,
        epoch: c.epoch,
        lastSeq: c.lastSeq,
        lastRev: c.lastRev,
        createdAt: '',
        updatedAt: '',
        role: 'member',
      },
      ...{ unread: 0, mentions: 0, delivered: 0, read: 0, mutedUntil: null, archived: false, pinned: false },
      ...{ notify: 'all', preferencesVersion: 0 },
      ...{ lastMessage: this.visible(c, user).at(-1) ?? null, memberCount: 1, peer: null },
    };
  }

  private change(c: ModelConversation, seq: number, change: Partial<Message>): Message {
    c.lastRev++;
    const message: Message = { ...(c.messages[seq - 1] as Message), ...change, rev: c.lastRev };
    c.messages[seq - 1] = message;
    return message;
  }

  private stay(c: ModelConversation, user: string, rev: number): Membership {
    return {
      ...{ conversation: c.id, user: user as AccountId, role: 'member', leftSeq: null, leftRev: null },
      ...{ joinedSeq: c.history === 'all' ? 0 : c.lastSeq, joinedRev: rev, rev, joinedAt: '' },
    };
  }

  private tell(delivery: DurableDelivery): void {
    this.stream.push(delivery);
  }

  private async read<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    this.busy++;
    try {
      // The snapshot is taken somewhere between question and answer.
      await turns(this.latency());
      if (this.failing) throw fail('service.unavailable');
      const result = answer();
      await turns(this.latency());
      return result;
    } finally {
      this.busy--;
    }
  }
}

function byRev(a: Message, b: Message): number {
  return (a.rev as number) - (b.rev as number);
}

function beforeLast(c: ModelConversation): ModelConversation {
  return { ...c, messages: c.messages.slice(0, -1), lastSeq: c.lastSeq - 1, lastRev: c.lastRev - 1 };
}

export async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
}
