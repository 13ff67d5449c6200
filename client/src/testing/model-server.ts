import type { ClientFrame, ConversationFrame } from '../frames.ts';
import type { Conversation, Profile } from '../types.ts';
import { createFakeSockets, type FakeSocket } from './fake-socket.ts';
import { type Act, ModelConversation } from './model-conversation.ts';

const jsonHeaders = { 'content-type': 'application/json' };

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

  /** Who has a profile; all others are shown by their id. */
  const people = new Map<string, Profile>();
  /** What a process that serves REST has in its memory, when it has not heard of the latest changes. */
  let remembered: ReadonlyMap<string, Profile> = people;
  /** The same of the process that the sockets are open to. */
  let framed: ReadonlyMap<string, Profile> = people;
  /** Answers that are written and have not arrived. */
  let held: Promise<void> | null = null;

  /** With senders and peers as they are shown, by those whom `by` knows. */
  function stamp<T>(body: T, by: ReadonlyMap<string, Profile>): T {
    const name = (key: string, value: unknown) => {
      const profile = (key === 'sender' || key === 'peer') && by.get((value as Profile | null)?.id ?? '');
      if (!profile) return value;
      const { id, username, name, version } = profile;
      return key === 'peer' ? { ...(value as object), ...profile } : { id, username, name, version };
    };
    return JSON.parse(JSON.stringify(body, name));
  }

  function tell(frame: object): void {
    line?.arriving.push(stamp(frame, framed));
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

  const json = (body: object) => new Response(JSON.stringify(stamp(body, remembered)), { headers: jsonHeaders });

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
    people,
    /** A profile changes; of that, connections are told unless it is missed. */
    rename(id: string, change: Partial<Profile>, missed = false): void {
      const before = people.get(id) ?? {
        id,
        username: id,
        name: id,
        about: null,
        avatar: null,
        version: 0,
        deleted: false,
      };
      const profile = { ...before, ...change, version: before.version + 1 };
      people.set(id, profile);
      if (!missed) tell({ op: 'user', user: profile });
    },
    /** From now on REST, but for `GET /users?ids=`, and if asked the sockets, remember people as they are now. */
    lag(frames = false): void {
      remembered = new Map(people);
      if (frames) framed = remembered;
    },
    /** Answers asked for from now on arrive when what is returned is called. */
    hold(): () => void {
      let release = () => {};
      held = new Promise<void>((resolve) => {
        release = () => {
          held = null;
          resolve();
        };
      });
      return release;
    },
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
      const answer = answerTo(input, init);
      await held;
      return answer;
    }) as unknown as typeof fetch,
  };

  function answerTo(input: URL, init: { method: string }): Response {
    const { pathname, searchParams } = input;
    const users = searchParams
      .get('ids')
      ?.split(',')
      .flatMap((id) => people.get(id) ?? []);
    if (users) return new Response(JSON.stringify({ items: users, next: null }), { headers: jsonHeaders });
    if (pathname.endsWith('/messages')) {
      return json(conversation.page(Number(searchParams.get('before')), Number(searchParams.get('limit'))));
    }
    if (conversation.hidden && pathname.endsWith('/conversations')) return json({ items: [], next: null });
    if (conversation.hidden) return new Response('{}', { status: 404 });
    if (pathname.endsWith(`/${conversation.id}`)) return json(conversation.summary);
    if (pathname.endsWith('/conversations')) return json({ items: [conversation.summary], next: null });
    return new Response('{}', { status: init.method === 'GET' ? 404 : 204 });
  }
}
