import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Outlet } from '../../services/realtime/api.ts';

/** Bytes of one frame, and of one message in several frames. */
export const maxFrameBytes = 256 * 1024;

/** How long a peer may take to answer our close frame, in milliseconds. */
const closeTimeoutMs = 3_000;

const nothing = Buffer.alloc(0);

/** What a protocol does with a socket; one object for all its sockets, so that an idle connection stays small. */
export interface SocketEvents<State> {
  /** Valid UTF-8. */
  onText(outlet: SocketOutlet<State>, data: Buffer): void;
  onBinary(outlet: SocketOutlet<State>): void;
  /** A ping or pong of the WebSocket protocol itself. */
  onHeard(outlet: SocketOutlet<State>): void;
  /** Once, whoever ended it. */
  onClosed(outlet: SocketOutlet<State>): void;
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
  #events: SocketEvents<State> | null = null;
  #tcp: Socket | null = null;

  /** Called once by `acceptSockets`. */
  attach(tcp: Socket, events: SocketEvents<State>, state: State): void {
    this.#tcp = tcp;
    this.#events = events;
    this.state = state;
    this.on('message', onMessage);
    this.on('ping', onHeard);
    this.on('pong', onHeard);
    this.on('close', onClose);
    // A broken socket also closes; without a listener its error would end the process.
    this.on('error', ignore);
  }

  get events(): SocketEvents<State> | null {
    return this.#events;
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
    super.close((this.#events?.closeCode ?? ownCode)(code), text);
  }
}

function ownCode(code: number): number {
  if (code === 1009) return 4503;
  if (code === 1002 || code === 1003 || code === 1007 || code === 1008) return 4500;
  return code;
}

type AnyOutlet = SocketOutlet<unknown>;

function onMessage(this: WebSocket, data: RawData, binary: boolean): void {
  const outlet = this as AnyOutlet;
  if (binary) outlet.events?.onBinary(outlet);
  else outlet.events?.onText(outlet, data as Buffer);
}
function onHeard(this: WebSocket): void {
  const outlet = this as AnyOutlet;
  outlet.events?.onHeard(outlet);
}
function onClose(this: WebSocket): void {
  const outlet = this as AnyOutlet;
  outlet.events?.onClosed(outlet);
}
function ignore(): void {}

export interface SocketAcceptor<State> {
  /** Finishes the handshake and begins to read; the request is not kept. */
  accept(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    state: State,
    opened: (o: SocketOutlet<State>) => void,
  ): void;
}

/** Turns upgraded requests into outlets of one protocol. `subprotocol`: answered when the client offers it; null: it has none. */
export function acceptSockets<State>(subprotocol: string | null, events: SocketEvents<State>): SocketAcceptor<State> {
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
        outlet.attach(socket, events, state);
        opened(outlet);
      });
    },
  };
}
