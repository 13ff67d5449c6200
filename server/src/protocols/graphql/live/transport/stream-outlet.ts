import type { FastifyReply } from 'fastify';
import type { Connection, Outlet } from '../../../../services/realtime/api.ts';
import { splitLines } from '../engine/frame-template.ts';

/** A stream of server-sent events as the hub's outlet. */
export interface StreamOutlet extends Outlet {
  onOpened(connection: Connection): void;
  /** Takes the answer over. `onClosed`: once, whoever ended it. */
  begin(onClosed: () => void): void;
  /** The only result, and the end. */
  complete(result: string): void;
}

const before = Buffer.from('event: next\ndata: ');
const after = Buffer.from('\n\n');

export function createStreamOutlet(reply: FastifyReply): StreamOutlet {
  const { raw } = reply;
  let connection: Connection | null = null;

  function begin(): void {
    if (raw.headersSent) return;
    reply.hijack();
    // The last one is for nginx, which would keep events back until it has a bufferful.
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
  }

  function write(bytes: Buffer | string, onTaken?: () => void): void {
    begin();
    if (raw.writable) raw.write(bytes, (error) => void (error ?? onTaken?.()));
  }

  return {
    onOpened(opened) {
      connection = opened;
    },
    begin(onClosed) {
      begin();
      raw.on('error', () => {});
      if (raw.destroyed) onClosed();
      else raw.once('close', onClosed);
    },
    complete(result) {
      write(`event: next\ndata: ${result}\n\nevent: complete\ndata:\n\n`);
      raw.end();
    },
    write: (lines) => write(Buffer.concat(splitLines(lines).flatMap((line) => [before, line, after]))),
    get buffered() {
      return raw.writableLength;
    },
    onDrain(callback) {
      if (raw.writableLength === 0) setImmediate(callback);
      else write(':\n\n', callback);
    },
    /**
     * Without `complete`: the client takes it for a broken connection and comes back. Bytes that the peer has not taken are dropped: to
     * wait for one who reads no more would keep them for ever.
     */
    close() {
      begin();
      if (raw.writableLength > 0) raw.destroy();
      else raw.end();
    },
    /** Nobody answers an event, but a peer that is gone takes no bytes either. */
    ping: () => write(':\n\n', () => connection?.heard()),
  };
}
