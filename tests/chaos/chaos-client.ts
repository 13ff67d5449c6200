import { createClient, type Message, type ParleyError, type SocketConstructor } from '@parley/client';
import { WebSocket } from 'ws';
import { password, uniqueName } from '../harness/index.ts';
import {
  nameReactions,
  type RecordedClient,
  type RecordedDeletion,
  type RecordedEdit,
  type RecordedReaction,
  type Seen,
  type SentMessage,
} from './recorded.ts';

/** One person on the SDK, as an application would use it; everything it did and was told is written down. */
export interface ChaosClient {
  readonly user: string;
  /** Which conversations it is in; set once they have been made. */
  conversations: readonly string[];
  readonly client: ReturnType<typeof createClient>;
  /** It has gone offline by itself for a while. */
  readonly away: boolean;
  leave(): void;
  come(): void;
  send(conversation: string, text: string): void;
  /** Edits one of its own acknowledged messages; `choice` picks which. */
  edit(choice: number): void;
  /** Puts its reaction under one of them. */
  react(choice: number): void;
  /** Deletes one of them, unless changes are under way: one that came after would be refused, and rightly. */
  remove(choice: number): void;
  /** Has read everything it shows. */
  read(conversation: string): void;
  /** Edits, reactions and deletions under way. */
  readonly busy: number;
  record(): RecordedClient;
}

export interface ChaosClientDeps {
  readonly url: string;
  readonly name: string;
  /** One string for equal strings: what fifty people were told of the same message is kept once. */
  intern(text: string): string;
  /** An error that the SDK did not heal by itself. */
  onUnhealed(problem: string): void;
  /** A socket that the other side has closed, or that broke: what people ask when clients are slow to come back. */
  onClosed(why: string): void;
}

/** Shown per conversation; every change of the list copies it, and fifty clients share one core. */
const keepMessages = 500;

/** A program waits longer than a person: a process that comes back slowly on a busy machine is no broken promise. */
const patienceMs = 180_000;

const emoji = '👍';

/** Signs a fresh person up. Connects with `come`. */
export async function createChaosClient(deps: ChaosClientDeps): Promise<ChaosClient> {
  const { url, name, intern, onUnhealed, onClosed } = deps;
  class WatchedSocket extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols);
      this.once('close', (code, reason) => onClosed(`${code} ${reason}`.trim()));
    }
  }
  const client = createClient({
    url,
    WebSocket: WatchedSocket as unknown as SocketConstructor,
    keepMessages,
    patienceMs,
  });
  const username = uniqueName(name);
  const user = intern((await client.signUp({ username, password })).id);
  const sent = new Map<string, SentMessage>();
  /** Acknowledged, and not deleted. */
  const standing: SentMessage[] = [];
  const edits: RecordedEdit[] = [];
  const deletions: RecordedDeletion[] = [];
  const reactions: RecordedReaction[] = [];
  const told: Seen[] = [];
  let away = true;
  let busy = 0;
  let serial = 0;

  const nameContent = (content: Message['content']): string => intern(JSON.stringify(content));

  const see = (message: Message): Seen => ({
    conversation: intern(message.conversation),
    seq: message.seq ?? 0,
    rev: message.rev ?? 0,
    id: intern(message.id),
    sender: intern(message.sender.id),
    content: nameContent(message.content),
    reactions: intern(nameReactions(message.reactions)),
  });

  const complain = (what: string) => onUnhealed(`${username}: ${what}`);

  client.on('message', (message) => told.push(see(message)));
  client.on('failed', ({ draft, error }) => complain(`the message ${draft.id} failed: ${error.code} ${error.message}`));
  client.on('refused', (frame) => complain(`a frame was refused: ${frame.code} ${frame.message} (ref ${frame.ref})`));
  client.on('state', (state) => {
    if (state === 'signedOut' || (state === 'offline' && !away)) complain(`the client is ${state}`);
  });
  client.on('gap', ({ conversation, reason }) => {
    if (reason === 'lost') complain(`its past of ${conversation} was declared lost`);
  });
  client.on('sent', ({ draft, sent: { seq, rev } }) => {
    const message = sent.get(draft.id);
    if (!message) return complain(`an answer to ${draft.id}, which it did not send`);
    if (message.seq !== null) return complain(`a second answer to ${draft.id}`);
    Object.assign(message, { seq, rev });
    standing.push(message);
  });

  const choose = (choice: number) => standing[Math.max(0, standing.length - 1 - (choice % 20))];

  /** `what` for complaints. */
  async function change(what: string, call: () => Promise<void>): Promise<void> {
    busy++;
    try {
      await call();
    } catch (error) {
      const { code, message } = error as ParleyError;
      complain(`${what} failed: ${code} ${message}`);
    } finally {
      busy--;
    }
  }

  return {
    user,
    client,
    conversations: [],
    get away() {
      return away;
    },
    get busy() {
      return busy;
    },
    leave() {
      away = true;
      client.close();
    },
    come() {
      away = false;
      if (client.account) client.connect(); // else it has been signed out, which was complained of
    },
    send(conversation, text) {
      const id = intern(`${username}.${++serial}`);
      sent.set(id, { conversation, id, content: nameContent({ type: 'text', text }), seq: null, rev: null });
      try {
        client.send(conversation, { type: 'text', text }, { id });
      } catch (error) {
        complain(`a message was not taken: ${(error as ParleyError).code}`);
      }
    },
    edit(choice) {
      const message = choose(choice);
      if (!message) return;
      const text = `edited ${++serial} by ${username}`;
      const content = nameContent({ type: 'text', text });
      const edit: RecordedEdit = { conversation: message.conversation, seq: message.seq as number, content, rev: null };
      edits.push(edit);
      void change('an edit', async () => {
        edit.rev = (await client.api.editMessage(edit.conversation, edit.seq, { type: 'text', text })).rev;
      });
    },
    react(choice) {
      const message = choose(choice);
      if (!message) return;
      const reaction = { conversation: message.conversation, seq: message.seq as number, emoji, acked: false };
      reactions.push(reaction);
      void change('a reaction', async () => {
        await client.api.setReaction(reaction.conversation, reaction.seq, emoji, true);
        reaction.acked = true;
      });
    },
    remove(choice) {
      const message = choose(choice);
      if (!message || busy > 0) return;
      standing.splice(standing.indexOf(message), 1);
      const deletion = { conversation: message.conversation, seq: message.seq as number, acked: false };
      deletions.push(deletion);
      void change('a deletion', async () => {
        await client.api.deleteMessage(deletion.conversation, deletion.seq);
        deletion.acked = true;
      });
    },
    read(conversation) {
      const state = client.conversation(conversation);
      if (state) client.markRead(conversation, state.log.seq);
    },
    record: () => ({
      user,
      sent: [...sent.values()],
      edits,
      deletions,
      reactions,
      told,
      shown: client.conversations().flatMap(({ log }) => log.messages.map(see)),
    }),
  };
}
