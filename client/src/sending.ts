import type { SendOptions } from './client-types.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { applyOwn } from './conversation-state.ts';
import type { Conversations } from './conversations.ts';
import { createId } from './create-id.ts';
import type { Draft, Sent } from './draft.ts';
import type { Emitter } from './emitter.ts';
import { ParleyError } from './errors.ts';
import type { ClientEvents } from './events.ts';
import type { KeyValueStore } from './key-value-store.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { Account, SendableContent, StoredMessage } from './types.ts';
import type { Users } from './users.ts';

export interface SendingDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: KeyValueStore;
  readonly window: number;
  readonly maxDrafts: number;
  readonly events: Emitter<ClientEvents>;
  readonly conversations: Conversations;
  readonly users: Users;
  readonly connection: () => Connection;
}

/** The outbox of whoever is signed in, and the promises of what was sent through it. */
export interface Sending {
  /** null: signed out. */
  readonly outbox: Outbox | null;
  begin(account: Account): void;
  end(): void;
  send(conversation: string, content: SendableContent, options: SendOptions): { id: string; sent: Promise<Sent> };
}

interface Waiting {
  resolve(sent: Sent): void;
  reject(error: ParleyError): void;
}

export function createSending(deps: SendingDeps): Sending {
  const { clock, random, store, window, maxDrafts, events, conversations, users } = deps;
  const promises = new Map<string, Waiting>();
  let current: { readonly account: Account; readonly outbox: Outbox } | null = null;

  function take(draft: Draft): Waiting | undefined {
    const key = keyOf(draft.conversation, draft.id);
    const promise = promises.get(key);
    promises.delete(key);
    return promise;
  }

  function onSent(draft: Draft, sent: Sent): void {
    const state = conversations.get(draft.conversation);
    if (state && current) {
      // Shown at once. `message` tells of it in its turn: what others wrote before it may still be on its way.
      conversations.set(draft.conversation, applyOwn(state, users.inMessage(ownMessage(draft, sent, current.account))));
    }
    take(draft)?.resolve(sent);
    events.emit('sent', { draft, sent });
  }

  function onFailed(draft: Draft, error: ParleyError): void {
    take(draft)?.reject(error);
    events.emit('failed', { draft, error });
  }

  return {
    get outbox() {
      return current?.outbox ?? null;
    },
    begin(account) {
      const outbox = createOutbox({
        clock,
        random,
        store,
        prefix: `parley.draft.${account.id}.`,
        window,
        maxDrafts,
        transmit: (draft, ref) => deps.connection().send(sendFrame(draft, ref)),
        onSent,
        onFailed,
        onChange: (conversation) => conversations.touch(conversation),
      });
      current = { account, outbox };
      outbox.load();
    },
    end() {
      current?.outbox.stop();
      current = null;
      for (const { reject } of promises.values()) reject(new ParleyError('session.missing', 'The session has ended.'));
      promises.clear();
    },
    send(conversation, content, { id = createId(clock.now()), ...rest }) {
      if (!current) throw new ParleyError('session.missing', 'Sign in first.');
      const sent = new Promise<Sent>((resolve, reject) => {
        promises.set(keyOf(conversation, id), { resolve, reject });
      });
      sent.catch(() => {}); // `failed` tells it too: who does not wait for it must not fall over it
      try {
        current.outbox.add({ id, conversation, content, ...rest, createdAt: new Date(clock.now()).toISOString() });
      } catch (error) {
        promises.delete(keyOf(conversation, id));
        throw error;
      }
      return { id, sent };
    },
  };
}

const keyOf = (conversation: string, id: string) => `${conversation} ${id}`;

function sendFrame({ id, conversation, content, replyTo, thread, mentions }: Draft, ref: number) {
  return {
    op: 'send' as const,
    ref,
    conversation,
    id,
    content,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(mentions === undefined ? {} : { mentions: [...mentions] }),
  };
}

/** What a draft became: known from its answer before its frame comes. */
function ownMessage(draft: Draft, sent: Sent, account: Account): StoredMessage {
  return {
    conversation: draft.conversation,
    seq: sent.seq,
    rev: sent.rev,
    id: draft.id,
    sender: { id: account.id, username: account.username, name: account.name, version: 0 },
    content: draft.content,
    replyTo: draft.replyTo ?? null,
    thread: draft.thread ?? null,
    mentions: [...(draft.mentions ?? [])],
    createdAt: sent.createdAt,
    editedAt: null,
    deletedAt: null,
    reactions: {},
    pinned: false,
  };
}
