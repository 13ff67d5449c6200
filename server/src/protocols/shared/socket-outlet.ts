import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { toFailure } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Outlet } from '../../services/realtime/api.ts';

/** Bytes of one frame, and of one message in several frames. */
export const maxFrameBytes = 256 * 1024;

/** How long a peer may take to answer our close frame, in milliseconds. */
const closeTimeoutMs = 3_000;

const nothing = Buffer.alloc(0);

/**
 * What a protocol does with a socket; one object for all its sockets, so that an idle connection stays small. What one of these throws,
 * or rejects with, ends that connection and reaches nobody else.
 */
export interface SocketEvents<State> {
  /** Valid UTF-8. */
  onText(outlet: SocketOutlet<State>, data: Buffer): unknown;
  onBinary(outlet: SocketOutlet<State>): unknown;
  /** A ping or pong of the WebSocket protocol itself. */
  onHeard(outlet: SocketOutlet<State>): unknown;
  /** Once, whoever ended it. */
  onClosed(outlet: SocketOutlet<State>): unknown;
  /** What the protocol's clients know a close code of ours, or of RFC 6455, as. Absent: PROTOCOL's table. */
  closeCode?(code: number): number;
}

/**
 * An accepted WebSocket as the hub's outlet. Live frames are written whole to the TCP socket, many in one write, past the
 * library's own sender; its pongs and close frames are whole writes too, so the two never mix inside a frame. That holds
 * only without compression.
 */
export class SocketOutlet<State> extends WebSocket implements Outlet {
  /** What the protocol keeps for this connection. */
  state: State | null = null;
  #kind: SocketKind<State> | null = null;
  #tcp: Socket | null = null;

  /** Called once by `acceptSockets`. */
  attach(tcp: Socket, kind: SocketKind<State>, state: State): void {
    this.#tcp = tcp;
    this.#kind = kind;
    this.state = state;
    this.on('message', onMessage);
    this.on('ping', onHeard);
    this.on('pong', onHeard);
    this.on('close', onClose);
    // A broken socket also closes; without a listener its error would end the process.
    this.on('error', ignore);
  }

  /** Does something of the protocol's with this connection, at once or with a promise; the connection does not outlive its failing. */
  attempt(work: (events: SocketEvents<State>) => unknown): void {
    if (!this.#kind) return;
    try {
      const working = work(this.#kind.events);
      if (working instanceof Promise) working.catch((thrown) => this.fail(thrown));
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Ends the connection for something that nobody has answered. */
  fail(thrown: unknown): void {
    const failure = toFailure(thrown);
    if (failure.code === 'internal') this.#kind?.log.error({ err: failure.cause ?? failure }, 'a socket failed');
    this.close(failure.row.close ?? 4003, failure.message);
  }

  get open(): boolean {
    return this.readyState === WebSocket.OPEN;
  }

  get buffered(): number {
    return this.#tcp?.writableLength ?? 0;
  }

  write(frames: Buffer): void {
    if (this.readyState === WebSocket.OPEN && this.#tcp?.writable) this.#tcp.write(frames);
  }

  onDrain(callback: () => void): void {
    const tcp = this.#tcp;
    if (!tcp?.writable) return;
    // Node emits `drain` only above its own mark; the callback of an empty write comes after everything before it.
    if (tcp.writableLength === 0) setImmediate(callback);
    else tcp.write(nothing, (error) => error ?? callback());
  }

  override ping(): void {
    if (this.readyState === WebSocket.OPEN) super.ping();
  }

  /** The library closes with RFC 6455's codes what it cannot read; ours say whether to come back. */
  override close(code = 1000, reason: string | Buffer = ''): void {
    // A close frame holds 123 bytes of reason.
    const text = typeof reason === 'string' ? reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120) : reason;
    super.close((this.#kind?.events.closeCode ?? ownCode)(code), text);
  }
}

function ownCode(code: number): number {
  if (code === 1009) return 4503;
  if (code === 1002 || code === 1003 || code === 1007 || code === 1008) return 4500;
  return code;
}

/** What all sockets of one protocol have alike. */
interface SocketKind<State> {
  readonly events: SocketEvents<State>;
  readonly log: Log;
}

type AnyOutlet = SocketOutlet<unknown>;

function onMessage(this: WebSocket, data: RawData, binary: boolean): void {
  const outlet = this as AnyOutlet;
  outlet.attempt((events) => (binary ? events.onBinary(outlet) : events.onText(outlet, data as Buffer)));
}
function onHeard(this: WebSocket): void {
  const outlet = this as AnyOutlet;
  outlet.attempt((events) => events.onHeard(outlet));
}
function onClose(this: WebSocket): void {
  const outlet = this as AnyOutlet;
  outlet.attempt((events) => events.onClosed(outlet));
}
function ignore(): void {}

export interface SocketAcceptor<State> {
  /** Finishes the handshake and begins to read; the request is not kept. */
  accept(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    state: State,
    opened: (o: SocketOutlet<State>) => unknown,
  ): void;
}

/** Turns upgraded requests into outlets of one protocol. `subprotocol`: answered when the client offers it; null: it has none. */
export function acceptSockets<State>(
  subprotocol: string | null,
  log: Log,
  events: SocketEvents<State>,
): SocketAcceptor<State> {
  const kind = { events, log };
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    autoPong: true,
    closeTimeout: closeTimeoutMs,
    handleProtocols: (offered) => (subprotocol !== null && offered.has(subprotocol) ? subprotocol : false),
    WebSocket: SocketOutlet as unknown as typeof WebSocket,
  };
  const server = new WebSocketServer(options);
  return {
    accept(request, socket, head, state, opened) {
      server.handleUpgrade(request, socket, head, (accepted) => {
        const outlet = accepted as SocketOutlet<State>;
        outlet.attach(socket, kind, state);
        outlet.attempt(() => opened(outlet));
      });
    },
  };
}
