import { WebSocket } from 'ws';
import { until } from './until.ts';

export interface Frame {
  readonly op: string;
  readonly [key: string]: unknown;
}

/** A client that does nothing by itself: it keeps every frame in order and says what it is told to say. */
export class RawSocket {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  closeCode: number | null = null;
  #next = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.frames.push(JSON.parse(String(data))));
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => {});
  }

  /** Resolves when the socket is open, or has been refused (then `closeCode` or `refused` says how). */
  static async open(
    url: string,
    options: { token?: string; headers?: Record<string, string>; protocols?: string[] } = {},
  ): Promise<RawSocket> {
    const target = new URL(url.replace(/^http/, 'ws'));
    target.pathname = '/realtime';
    if (options.token !== undefined) target.searchParams.set('token', options.token);
    const socket = new WebSocket(target, options.protocols ?? ['parley.v1'], {
      headers: options.headers ?? {},
      perMessageDeflate: false,
    });
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_, response) => {
        response.resume();
        reject(new Error(`the upgrade was answered with ${response.statusCode}`));
      });
      socket.once('error', reject);
    });
    return raw;
  }

  send(frame: object | string | Buffer): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** The first frame not yet taken that fits; those before it are passed over. */
  async take(op: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return until(
      `a frame ${op} (got ${this.frames.map((frame) => frame.op).join(' ')}, close ${this.closeCode})`,
      () => {
        const at = this.frames.findIndex((frame, index) => index >= this.#next && frame.op === op && fits(frame));
        if (at < 0) return null;
        this.#next = at + 1;
        return this.frames[at];
      },
    );
  }

  /** Sends and takes the frame that echoes its `ref`. */
  async ask(frame: { readonly ref: number | string; readonly [key: string]: unknown }): Promise<Frame> {
    this.send(frame);
    return until(`an answer to ${JSON.stringify(frame).slice(0, 200)} (close ${this.closeCode})`, () =>
      this.frames.find((answer) => answer.ref === frame.ref && answer.op !== 'message'),
    );
  }

  /** A ping that is answered proves that everything said before has been handled. */
  async settle(): Promise<void> {
    const pongs = () => this.frames.filter((frame) => frame.op === 'pong').length;
    const before = pongs();
    this.send({ op: 'ping' });
    await until('a pong', () => pongs() > before);
  }

  /** The same, but a close will do as well. */
  async settledOrClosed(): Promise<void> {
    const pongs = () => this.frames.filter((frame) => frame.op === 'pong').length;
    const before = pongs();
    this.send({ op: 'ping' });
    await until('a pong or a close', () => pongs() > before || this.closeCode !== null);
  }

  async closed(): Promise<number> {
    await until('the close of a socket', () => this.closeCode !== null);
    return this.closeCode as number;
  }

  close(): void {
    this.socket.terminate();
  }
}
