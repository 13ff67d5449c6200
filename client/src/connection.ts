import { backOff, type Clock } from './clock.ts';
import { type ClientFrame, parseServerFrame, type ReadyFrame, type ServerFrame } from './frames.ts';

/** What the client needs of a WebSocket: the browser's, Node 22's, or the class of `ws`. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}
export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

/** What the server said before it closed for good. */
export interface Refusal {
  /** Of the closed table; null: it gave none. */
  readonly code: string | null;
  readonly message: string;
}

export type ConnectionState = 'offline' | 'connecting' | 'online';

export interface ConnectionDeps {
  /** ws:// or wss:// address of `/realtime`. */
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  readonly random: () => number;
  /** The token for the `auth` frame; null: the cookie of the upgrade request speaks. */
  access(): Promise<string | null>;
  /** When the token ends; null: never of itself. */
  accessEndsAt(): number | null;
  /** Proves or replaces the credential; false: the session has ended. */
  renew(): Promise<boolean>;
  onState(state: ConnectionState): void;
  onReady(frame: ReadyFrame): void;
  onFrame(frame: ServerFrame): void;
  /** The connection of which `onReady` was told has gone. */
  onLost(): void;
  /** Closed for good: the server ended the session (4501), or refuses how we speak (other 45xx but 4502). */
  onRefused(code: number, why: Refusal): void;
}

export interface Connection {
  readonly state: ConnectionState;
  open(): void;
  close(): void;
  /** False: not online, nothing was sent. */
  send(frame: ClientFrame): boolean;
  /** Gives this socket up and connects anew, at once or with back-off. */
  drop(reason: string): void;
  /** The network has come (back), or the page has woken: no waiting for the back-off, and no trust in an old line. */
  wake(): void;
}

/** Milliseconds from dialling to `ready`. */
const openingMs = 15_000;
/** Told apart from all refs of others, which are numbers. */
const renewalRef = 'renewal';
/** How long a line that may have died in our sleep has for a word. */
const wakeMs = 4_000;
/** A connection that lived this long was a good one: the next back-off begins anew. */
const stableMs = 10_000;

/** One connection kept open: back-off, credential, heartbeats, close codes (PROTOCOL "WebSocket"). */
export function createConnection(deps: ConnectionDeps): Connection {
  const { clock } = deps;
  let state: ConnectionState = 'offline';
  let wanted = false;
  let socket: SocketLike | null = null;
  let attempt = 0;
  let readyAt: number | null = null;
  let drainUntil: number | null = null;
  let missed = 0;
  /** The last error before `ready`: why the connection is closed, should it be. */
  let told: Refusal | null = null;
  let timers: (() => void)[] = [];

  function setState(next: ConnectionState): void {
    if (state === next) return;
    state = next;
    deps.onState(next);
  }

  function after(ms: number, callback: () => void): void {
    timers.push(clock.after(ms, callback));
  }

  function stopTimers(): void {
    for (const stop of timers) stop();
    timers = [];
  }

  async function dial(): Promise<void> {
    stopTimers();
    setState('connecting');
    let token: string | null;
    try {
      token = await deps.access();
    } catch {
      // Signed out: whoever ended the session calls close(). Unreachable: try again.
      if (wanted && !socket) retry();
      return;
    }
    if (!wanted || socket) return;
    const mine = new deps.WebSocket(deps.url, 'parley.v1');
    socket = mine;
    mine.addEventListener('open', () => {
      if (token !== null && socket === mine) mine.send(JSON.stringify({ op: 'auth', token }));
    });
    mine.addEventListener('message', (event: { data: unknown }) => {
      if (socket === mine) receive(event.data);
    });
    mine.addEventListener('error', () => {}); // always followed by close
    mine.addEventListener('close', (event: { code: number; reason: string }) => {
      if (socket === mine) void ended(event.code, event.reason);
    });
    after(openingMs, () => drop('no answer'));
  }

  function receive(data: unknown): void {
    missed = 0;
    const frame = parseServerFrame(data);
    if (!frame) return;
    if (frame.op === 'ready') ready(frame);
    else if (frame.op === 'error' && frame.ref === renewalRef) after(frame.retryAfterMs ?? 1_000, renewNow);
    else if (state === 'online') deps.onFrame(frame);
    else if (frame.op === 'error') told = { code: frame.code, message: frame.message };
    if (frame.op === 'drain') drainUntil = clock.now() + frame.reconnectInMs;
  }

  function ready(frame: ReadyFrame): void {
    stopTimers();
    readyAt = clock.now();
    after(frame.heartbeatMs, () => beat(frame.heartbeatMs));
    renewLater();
    setState('online');
    deps.onReady(frame);
  }

  /** `ping` each beat; two beats without a word from the server: the line is dead, whatever the socket says. */
  function beat(everyMs: number): void {
    if (missed >= 2) {
      drop('heartbeat missed');
      return;
    }
    missed++;
    send({ op: 'ping' });
    after(everyMs, () => beat(everyMs));
  }

  /** Asks at once whether anybody is there: a line that went while nobody looked says nothing of itself. */
  function probe(): void {
    const mine = socket;
    if (!send({ op: 'ping' })) return;
    missed = Math.max(missed, 1);
    after(wakeMs, () => {
      if (socket === mine && missed > 0) drop('no answer');
    });
  }

  /** A second `auth` before the token ends keeps the connection. */
  function renewLater(): void {
    const endsAt = deps.accessEndsAt();
    if (endsAt === null) return;
    const mine = socket;
    after(Math.max(1_000, endsAt - clock.now() - 20_000), async () => {
      await renewNow();
      if (socket === mine) renewLater();
    });
  }

  async function renewNow(): Promise<void> {
    const mine = socket;
    const token = await deps.access().catch(() => null);
    if (token !== null && socket === mine) send({ op: 'auth', ref: renewalRef, token });
  }

  async function ended(code: number, reason: string): Promise<void> {
    const why = told;
    forget();
    if (code === 4502) {
      // A socket that came too late to say who it is gets this code too, however good its credential: only the renewal tells
      // whether the session has ended.
      const alive = await deps.renew().catch(() => null);
      if (alive !== false && wanted && !socket) retry();
      return;
    }
    if (code >= 4500 && code <= 4999) {
      wanted = false;
      setState('offline');
      deps.onRefused(code, why ?? { code: null, message: reason });
      return;
    }
    if (wanted) retry();
  }

  /** Leaves the present socket behind; its later events are nobody's. */
  function forget(): void {
    stopTimers();
    const was = state;
    socket = null;
    told = null;
    missed = 0;
    if (readyAt !== null && clock.now() - readyAt >= stableMs) attempt = 0;
    readyAt = null;
    if (was === 'online') {
      setState(wanted ? 'connecting' : 'offline');
      deps.onLost();
    }
  }

  function retry(): void {
    setState('connecting');
    const planned = drainUntil === null ? null : Math.max(0, drainUntil - clock.now());
    drainUntil = null;
    const wait = planned ?? backOff(attempt++, deps.random);
    stopTimers();
    after(wait, () => void dial());
  }

  function drop(reason: string): void {
    const old = socket;
    if (!old) return;
    forget();
    old.close(1000, reason);
    if (wanted) retry();
  }

  function send(frame: ClientFrame): boolean {
    if (state !== 'online' || !socket || socket.readyState !== 1) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  return {
    get state() {
      return state;
    },
    open() {
      if (wanted) return;
      wanted = true;
      attempt = 0;
      void dial();
    },
    close() {
      wanted = false;
      const old = socket;
      forget();
      old?.close(1000, 'closed');
      setState('offline');
    },
    send,
    drop,
    wake() {
      if (!wanted) return;
      if (socket) return probe();
      attempt = 0;
      void dial();
    },
  };
}
