/**
 * The floor of fan-out: a server that does nothing but write one prebuilt buffer of N frames to every socket, over and over, as
 * fast as the sockets take it. Run as a process: `raw-loop.js <frames per write> <payload bytes>`; prints its port.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const framesPerWrite = Number(process.argv[2]);
const payloadBytes = Number(process.argv[3]);
const head =
  payloadBytes < 126
    ? Buffer.from([0x81, payloadBytes])
    : Buffer.from([0x81, 126, payloadBytes >> 8, payloadBytes & 255]);
const payload = Buffer.concat([Buffer.from('{"op":"message"'), Buffer.alloc(payloadBytes - 15, 0x20)]);
const write = Buffer.concat(Array.from({ length: framesPerWrite }, () => Buffer.concat([head, payload])));

const sockets = new Set<Socket>();
const server = createServer();
server.on('upgrade', (request, socket: Socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => sockets.delete(socket));
  socket.on('close', () => sockets.delete(socket));
  sockets.add(socket);
});

function turn(): void {
  for (const socket of sockets) if (socket.writableLength < 256 * 1024) socket.write(write);
  setImmediate(turn);
}

process.on('message', () => turn());
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
