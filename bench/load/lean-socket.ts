import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** Called for every data frame; the bytes are only valid during the call. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

/**
 * A WebSocket client that does as little as it can, so that the load costs less than what is measured: it walks frame
 * headers (RFC 6455 section 5.2; servers send unmasked, unfragmented frames here) and hands out slices without copying.
 */
export class LeanSocket {
  readonly #socket: Socket;
  readonly #onFrame: OnFrame;
  #rest: Buffer | null = null;
  #open = false;
  closed = false;

  private constructor(socket: Socket, onFrame: OnFrame) {
    this.#socket = socket;
    this.#onFrame = onFrame;
  }

  /** Resolves when the server has switched protocols. */
  static open(url: URL, onFrame: OnFrame, subprotocol = 'parley.v1'): Promise<LeanSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
      const client = new LeanSocket(socket, onFrame);
      socket.once('connect', () => {
        socket.write(
          `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
            `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
        );
      });
      socket.on('data', (bytes) => {
        if (client.#open) return client.#read(bytes);
        const end = bytes.indexOf('\r\n\r\n');
        if (!bytes.subarray(0, 12).equals(switching))
          return reject(new Error(bytes.toString('latin1').split('\r\n')[0]));
        client.#open = true;
        resolve(client);
        if (end + 4 < bytes.length) client.#read(bytes.subarray(end + 4));
      });
      socket.on('error', (error) => {
        client.closed = true;
        reject(error);
      });
      socket.on('close', () => {
        client.closed = true;
        reject(new Error('the server closed the connection'));
      });
    });
  }

  /** One text frame, masked with zero: a mask hides bytes from proxies, of which there is none here. */
  send(text: string): void {
    const payload = Buffer.from(text);
    const head = payload.length < 126 ? 6 : 8;
    const frame = Buffer.alloc(head + payload.length);
    frame[0] = 0x81;
    if (head === 6) frame[1] = 0x80 | payload.length;
    else {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(payload.length, 2);
    }
    payload.copy(frame, head);
    this.#socket.write(frame);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = null;
    let at = 0;
    while (at + 2 <= bytes.length) {
      let length = bytes[at + 1] as number;
      let head = 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      const end = at + head + length;
      if (end > bytes.length) break;
      const opcode = (bytes[at] as number) & 0x0f;
      if (opcode === 1) this.#onFrame(bytes, at + head, end);
      else if (opcode === 9) this.#socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }
}

const switching = Buffer.from('HTTP/1.1 101');
