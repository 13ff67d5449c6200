import type { Clock } from './clock.ts';
import {
  applyConversationFrame,
  applyMessageFrame,
  applyReceipt,
  applyTyping,
  type ConversationState,
} from './conversation-state.ts';
import type { Conversations } from './conversations.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import type {
  ConversationFrame,
  ErrorFrame,
  MessageFrame,
  PresenceFrame,
  ReceiptFrame,
  SentFrame,
  ServerFrame,
  TypingFrame,
  UserFrame,
} from './frames.ts';
import type { Outbox } from './outbox.ts';
import type { ReceiptQueue } from './receipts.ts';
import type { Synchronize } from './synchronize.ts';
import type { Presence } from './types.ts';
import type { Users } from './users.ts';

export interface ReceiveDeps {
  readonly clock: Clock;
  readonly events: Emitter<ClientEvents>;
  readonly conversations: Conversations;
  readonly users: Users;
  readonly synchronize: Synchronize;
  readonly receipts: ReceiptQueue;
  readonly presence: Map<string, Presence>;
  outbox(): Outbox | null;
  me(): string;
  /** Tell the server of every message received. */
  readonly acknowledge: boolean;
}

/** `typing` is repeated while someone writes; without a repeat it ends after this. */
const typingMs = 6_000;

/** Takes each frame of a ready connection to whom it concerns. */
export function createReceiveFrame(deps: ReceiveDeps): (frame: ServerFrame) => void {
  const { clock, events, conversations, synchronize } = deps;
  const typingEnds = new Map<string, () => void>();

  function onMessageFrame(told: MessageFrame): void {
    const frame = 'sender' in told ? deps.users.inMessage(told) : told;
    if (frame.rev === null) {
      if (frame.op === 'message') events.emit('message', frame);
      return;
    }
    const state = conversations.get(frame.conversation);
    if (!state) {
      if (conversations.listed) synchronize.discover(frame.conversation);
      return;
    }
    const step = applyMessageFrame(state, frame, deps.me(), new Date(clock.now()).toISOString());
    if (step.state !== state) conversations.set(frame.conversation, step.state);
    if (step.outcome === 'gap') synchronize.heal(frame.conversation);
    if (step.outcome !== 'applied') return;
    if (frame.op === 'message') onMessage(frame, step.state);
    else events.emit('changed', frame);
  }

  function onMessage(frame: Extract<MessageFrame, { op: 'message' }>, state: ConversationState): void {
    const { op: _, ...message } = frame;
    const { conversation, id, sender, createdAt } = message;
    if (sender.id === deps.me()) {
      // Another content under this id is the draft's conflict, and for the server to tell.
      const drafts = deps.outbox()?.drafts(conversation) ?? [];
      const draft = drafts.find((candidate) => candidate.id === id);
      if (draft && JSON.stringify(draft.content) === JSON.stringify(message.content)) {
        deps.outbox()?.settle({ id, conversation, seq: message.seq!, rev: message.rev!, createdAt });
      }
    } else if (deps.acknowledge && message.seq! > state.summary.delivered) {
      deps.receipts.add(conversation, { delivered: message.seq! });
    }
    // A backlog comes in the order of changes: it is told when it is whole.
    if (!state.log.catchingUp) events.emit('message', message);
  }

  function onConversation(frame: ConversationFrame): void {
    const { id } = frame.conversation;
    const state = conversations.get(id);
    const mine = frame.user === undefined || frame.user === deps.me();
    if (frame.change === 'deleted' || (frame.change === 'left' && mine)) {
      conversations.remove(id);
    } else if (!state) {
      if (conversations.listed) synchronize.discover(id);
    } else {
      const step = applyConversationFrame(state, frame);
      conversations.set(id, step.state);
      if (step.outcome === 'gap') synchronize.heal(id);
      if (step.outcome !== 'old' && mustLookAgain(frame, deps.me())) synchronize.discover(id);
    }
    events.emit('conversation', frame);
  }

  function onTyping(frame: TypingFrame): void {
    const { conversation, user, on } = frame;
    const state = conversations.get(conversation);
    if (!state || user === deps.me()) return;
    // It may come after the end of the account was told.
    if (on && deps.users.get(user)?.deleted) return;
    const key = `${conversation} ${user}`;
    typingEnds.get(key)?.();
    typingEnds.delete(key);
    if (on)
      typingEnds.set(
        key,
        clock.after(typingMs, () => onTyping({ ...frame, on: false })),
      );
    const next = applyTyping(state, user, on);
    if (next === state) return;
    conversations.set(conversation, next);
    events.emit('typing', frame);
  }

  function onAnswer(frame: SentFrame): void {
    if (frame.seq === null || frame.rev === null || typeof frame.ref !== 'number') return;
    deps.outbox()?.onAnswer(frame.ref, { seq: frame.seq, rev: frame.rev, createdAt: frame.createdAt });
  }

  function onError(frame: ErrorFrame): void {
    const awaited =
      synchronize.onError(frame) ||
      deps.receipts.onError(frame) ||
      (typeof frame.ref === 'number' && deps.outbox()?.onError(frame.ref, frame));
    if (!awaited) events.emit('refused', frame);
  }

  function onReceipt(frame: ReceiptFrame): void {
    const state = conversations.get(frame.conversation);
    const next = state && applyReceipt(state, frame, deps.me());
    if (next && next !== state) conversations.set(frame.conversation, next);
    events.emit('receipt', frame);
  }

  function onPresence(frame: PresenceFrame): void {
    deps.presence.set(frame.user, { state: frame.state, lastSeen: frame.lastSeen });
    events.emit('presence', frame);
  }

  const onUser = (frame: UserFrame) => deps.users.learn(frame.user);
  const ignore = () => {};
  const takers: { readonly [Op in ServerFrame['op']]: (frame: Extract<ServerFrame, { op: Op }>) => void } = {
    message: onMessageFrame,
    edited: onMessageFrame,
    deleted: onMessageFrame,
    reaction: onMessageFrame,
    pinned: onMessageFrame,
    conversation: onConversation,
    typing: onTyping,
    receipt: onReceipt,
    presence: onPresence,
    user: onUser,
    sent: onAnswer,
    resumed: synchronize.onResumed,
    error: onError,
    missed: synchronize.reread,
    // The connection's own business.
    ready: ignore,
    renewed: ignore,
    pong: ignore,
    drain: ignore,
  };
  // An op that a newer server knows and we do not is ignored.
  return (frame) => (takers[frame.op] as ((frame: ServerFrame) => void) | undefined)?.(frame);
}

/** Whether only the server knows what changed: our own place in it (a role, a return), or something it did not tell. */
function mustLookAgain({ change, user, since, conversation }: ConversationFrame, me: string): boolean {
  if (user !== undefined) return user === me;
  return change !== 'updated' || (since === undefined && Object.keys(conversation).length === 1);
}
