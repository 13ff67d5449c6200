import type { ClientFrame, ConversationFrame } from '../frames.ts';
import type { Conversation } from '../types.ts';
import { createFakeSockets, type FakeSocket } from './fake-socket.ts';
import { type Act, ModelConversation } from './model-conversation.ts';

interface Line {
  readonly socket: FakeSocket;
  /** Sent by the server, not yet arrived; lost with the connection. */
  readonly arriving: object[];
  /** Sent by the client, not yet read. */
  readonly reading: ClientFrame[];
}

/**
 * A server of one conversation for a whole client: sockets whose frames travel only when told to, and the REST routes that a
 * client needs to begin. Nothing in it waits, so every interleaving is the test's choice.
 */
export function createModelServer(me: string, backlogLimit = Number.POSITIVE_INFINITY) {
  const conversation = new ModelConversation(me);
  const sockets = createFakeSockets();
  let line: Line | null = null;
  let told = 0;
  let up = true;
  /** After `more` nothing live comes until the client has gone on. */
  let withheld = false;

  function tell(frame: object): void {
    line?.arriving.push(frame);
  }

  /** Live frames of everything that happened since. */
  function publish(skip = false): void {
    const fresh = conversation.frames.slice(told);
    told = conversation.frames.length;
    if (!skip && !withheld) for (const frame of fresh) tell(frame);
  }

  /** The reader's mark rises; their devices hear of it. */
  function mark(seq: number): void {
    const read = Math.min(seq, conversation.messages.length);
    if (read <= conversation.read) return;
    conversation.read = read;
    tell({ op: 'receipt', conversation: conversation.id, user: me, delivered: read, read });
  }

  function read(frame: ClientFrame): void {
    if (frame.op === 'auth') {
      withheld = false;
      publish(true); // a new connection hears of what happens from now on
      tell({ op: 'ready', user: { id: me, username: me, name: me }, connection: 'x', heartbeatMs: 25_000 });
    } else if (frame.op === 'ping') tell({ op: 'pong' });
    else if (frame.op === 'resume') {
      const position = frame.positions?.[conversation.id];
      publish();
      const { epoch, lastSeq, lastRev } = conversation.head;
      const lost = position && position.epoch !== epoch;
      const { frames, ...end } = lost
        ? { frames: [], seq: lastSeq, rev: lastRev, continuity: 'lost' }
        : position
          ? conversation.backlog({ seq: position.seq, rev: position.rev ?? 0 }, backlogLimit)
          : { frames: [], seq: lastSeq, rev: lastRev, continuity: 'kept' };
      for (const missed of frames) tell(missed);
      withheld = end.continuity === 'more';
      const entry = { epoch, lastSeq, lastRev, ...end, unread: conversation.counts.unread };
      tell({ op: 'resumed', ref: frame.ref, conversations: { [conversation.id]: entry } });
    } else if (frame.op === 'receipt') {
      mark(frame.read ?? 0);
    } else if (frame.op === 'send') {
      const stored = conversation.messages.find(({ id, sender }) => id === frame.id && sender.id === me);
      const text = frame.content.type === 'text' ? frame.content.text : '';
      const { seq, rev, createdAt } = stored ?? conversation.send(me, frame.id, text);
      tell({ op: 'sent', ref: frame.ref, conversation: conversation.id, id: frame.id, seq, rev, createdAt });
      publish();
    }
  }

  const json = (body: object) =>
    new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

  return {
    conversation,
    WebSocket: sockets.WebSocket,
    get lines() {
      return sockets.made.length;
    },
    /** The server reads everything the client has written. */
    readAll(): void {
      while (line && line.reading.length > 0) read(line.reading.shift()!);
    },
    /** `count` frames arrive. */
    arrive(count: number): void {
      for (let i = 0; i < count && line && line.arriving.length > 0; i++) line.socket.receive(line.arriving.shift()!);
    },
    /** The conversation's settings or members change; of that, `frame` is told. */
    change(settings: Partial<Conversation>, frame: Omit<ConversationFrame, 'op' | 'rev'>, revs = 1): void {
      conversation.settings = { ...conversation.settings, ...settings };
      conversation.rev += revs;
      tell({ op: 'conversation', rev: conversation.rev, ...frame });
    },
    act(act: Act, missed: boolean): void {
      conversation.apply(act);
      publish(missed);
    },
    mark,
    tell,
    /** The connection breaks; what was under way is lost. */
    cut(): void {
      const old = line;
      line = null;
      old?.socket.end(1006);
    },
    /** Accepts the socket that the client has dialled, if any. */
    accept(): boolean {
      const socket = sockets.made.at(-1);
      if (!up || line || !socket || socket.readyState !== 0) return false;
      const mine: Line = { socket, arriving: [], reading: [] };
      line = mine;
      socket.onFrame = (frame) => mine.reading.push(frame);
      socket.open();
      return true;
    },
    stop(): void {
      up = false;
    },
    fetch: (async (input: URL, init: { method: string }) => {
      const { pathname, searchParams } = input;
      if (pathname.endsWith('/messages')) {
        return json(conversation.page(Number(searchParams.get('before')), Number(searchParams.get('limit'))));
      }
      if (conversation.hidden && pathname.endsWith('/conversations')) return json({ items: [], next: null });
      if (conversation.hidden) return new Response('{}', { status: 404 });
      if (pathname.endsWith(`/${conversation.id}`)) return json(conversation.summary);
      if (pathname.endsWith('/conversations')) return json({ items: [conversation.summary], next: null });
      return new Response('{}', { status: init.method === 'GET' ? 404 : 204 });
    }) as unknown as typeof fetch,
  };
}
