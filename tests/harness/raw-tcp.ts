import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

/** A TCP connection that says exactly what it is told, HTTP or not. */
export class RawTcp {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  /** The other side has ended the connection. */
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    socket.on('error', () => {});
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.ended = true;
    });
  }

  static async open(server: { readonly url: string }): Promise<RawTcp> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawTcp(socket);
  }

  /** With the WebSocket handshake done; `ready` is among what is received. */
  static async upgrade(server: { readonly url: string }, token: string): Promise<RawTcp> {
    const tcp = await RawTcp.open(server);
    tcp.write(upgradeRequest(`/realtime?token=${token}`));
    await tcp.receives('"op":"ready"');
    return tcp;
  }

  write(data: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(data);
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  /** Resolves when the text has come. */
  async receives(text: string): Promise<void> {
    await until(`"${text}" (got ${JSON.stringify(this.text.slice(-300))}, ended ${this.ended})`, () =>
      this.text.includes(text),
    );
  }

  /** Resolves with everything that came, once the other side has ended it. */
  async closed(limitMs?: number): Promise<string> {
    await until('the end of a TCP connection', () => this.ended, limitMs);
    return this.text;
  }

  /** The code of the close frame that came last. */
  async closeCode(): Promise<number> {
    await until(
      `a close frame (got ${this.#received.subarray(-80).toString('hex')})`,
      () => this.#findClose() !== null,
    );
    return this.#findClose() as number;
  }

  #findClose(): number | null {
    const head = this.#received.indexOf('\r\n\r\n');
    for (let at = head + 4; head >= 0 && at + 2 <= this.#received.length; ) {
      const opcode = (this.#received[at] as number) & 15;
      const short = this.#received[at + 1] as number;
      const size = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (at + size > this.#received.length) return null;
      const length =
        short === 126
          ? this.#received.readUInt16BE(at + 2)
          : short === 127
            ? this.#received.readUInt32BE(at + 6)
            : short;
      if (opcode === 8) return at + 4 <= this.#received.length ? this.#received.readUInt16BE(at + size) : null;
      at += size + length;
    }
    return null;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

export function upgradeRequest(
  path: string,
  over: Readonly<Record<string, string | null>> = {},
  method = 'GET',
): string {
  const headers: Record<string, string | null> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'parley.v1',
    ...over,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export interface FrameShape {
  /** 1 text, 2 binary, 0 continuation, 8 close, 9 ping. */
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** What the header says, whatever follows. */
  readonly length?: bigint;
  /** Reserved bits, 0–7. */
  readonly reserved?: number;
}

/** One WebSocket frame, right or wrong. */
export function frameOf(payload: string | Buffer, shape: FrameShape = {}): Buffer {
  const { opcode = 1, fin = true, masked = true, reserved = 0 } = shape;
  const data = Buffer.from(payload as string);
  const length = shape.length ?? BigInt(data.length);
  const extended = length < 126n ? 0 : length < 65_536n ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? Number(length) : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(Number(length), 2);
  if (extended === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ (mask[i & 3] as number))]);
}
