import type { SocketLike } from '../connection.ts';
import type { ClientFrame } from '../frames.ts';

/** A socket of which the test is the other end. */
export class FakeSocket implements SocketLike {
  readyState = 0;
  readonly sent: ClientFrame[] = [];
  readonly url: string;
  private readonly listeners = new Map<string, ((event: never) => void)[]>();
  /** Called with each frame that the client sends. */
  onFrame: (frame: ClientFrame) => void = () => {};

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    this.sent.push(frame);
    this.onFrame(frame);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.emit('open', {});
  }

  receive(frame: object): void {
    if (this.readyState === 1) this.emit('message', { data: JSON.stringify(frame) });
  }

  receiveRaw(data: unknown): void {
    this.emit('message', { data });
  }

  /** The server, or the network, ends it. */
  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close', { code, reason: '' });
  }

  ready(heartbeatMs = 25_000): void {
    this.open();
    this.receive({
      op: 'ready',
      user: { id: 'me', username: 'me', name: 'Me' },
      connection: 'x',
      heartbeatMs,
      limits: {},
      features: [],
    });
  }

  private emit(type: string, event: object): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event as never);
  }
}

/** The constructor that a client is given, and every socket it made. */
export function createFakeSockets(): {
  readonly made: FakeSocket[];
  readonly WebSocket: new (url: string) => FakeSocket;
} {
  const made: FakeSocket[] = [];
  return {
    made,
    WebSocket: class extends FakeSocket {
      constructor(url: string) {
        super(url);
        made.push(this);
      }
    },
  };
}
