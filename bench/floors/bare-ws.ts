/** The floor of idle connections: a bare `ws` server that keeps them and does nothing else. Prints its port through IPC. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });
server.on('connection', (socket) => socket.on('error', () => {}));
server.on('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }));
