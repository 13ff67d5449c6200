import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Bystander,
  createPerson,
  frameOf,
  isReady,
  type Person,
  RawTcp,
  type System,
  shareSystem,
  startBystander,
  topology,
  until,
  upgradeRequest,
} from '../harness/index.ts';

/** Below HTTP and the frames: what a hostile or broken peer can do with a TCP connection. */
describe('bad bytes', () => {
  let server: System;
  let attacker: Person;
  let bystander: Bystander;
  let logged: number;
  let slow: RawTcp;
  let drip: NodeJS.Timeout;

  beforeAll(async () => {
    server = await shareSystem();
    attacker = await createPerson(server, 'attacker');
    // A header that never ends, a byte at a time; how it fares is asked last.
    slow = await RawTcp.open(server);
    slow.write('GET /api/v1/status HTTP/1.1\r\nX-Slow: ');
    drip = setInterval(() => slow.write('a'), 200);
  });
  afterAll(() => clearInterval(drip));
  beforeEach(async () => {
    logged = server.log().length;
    bystander = await startBystander(server);
  });
  afterEach(async () => {
    expect(await bystander.check()).toEqual([]);
    expect(await isReady(server)).toBe(true);
    expect(server.log().slice(logged), 'nothing may look like our own fault').not.toMatch(/"level":(50|60)/);
  });

  test.each<[string, string | Buffer, string]>([
    ['noise', '\u0000\u0001\u0002\r\n\r\n', '400'],
    ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex'), '400'],
    [
      'two lengths',
      'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      '400',
    ],
    [
      'a length and chunks',
      'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    [
      'chunks that are none',
      'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n',
      '400',
    ],
    ['a header of 64 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(65_536)}\r\n\r\n`, '431'],
    ['an address of 64 KiB', `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nHost: x\r\n\r\n`, '431'],
    ['ten thousand headers', `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(10_000)}\r\n`, '431'],
    ['a line break in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n', '400'],
  ])('%s is answered and ended', async (_, bytes, status) => {
    const tcp = await RawTcp.open(server);
    tcp.write(bytes);
    const answer = await tcp.closed();
    // nginx refuses what is no HTTP by itself, before any of ours sees it, in words of its own
    if (topology === 'split') expect(answer).toMatch(/^HTTP\/1.1 (400|414) /);
    else
      expect(answer).toMatch(
        new RegExp(`HTTP/1.1 ${status} [\\s\\S]*application/problem\\+json[\\s\\S]*"status":${status}`),
      );
  });

  test.each<[string, string, RegExp]>([
    ['of a path that has no socket', upgradeRequest('/api/v1/me'), /^HTTP\/1.1 404 [\s\S]*problem/],
    ['of a page', upgradeRequest('/app/'), /^HTTP\/1.1 404 /],
    ['of a socket that wants its token in the address', upgradeRequest('/'), /^HTTP\/1.1 401 /],
    ['without a key', upgradeRequest('/realtime', { 'Sec-WebSocket-Key': null }), /^HTTP\/1.1 400 /],
    ['with a key that is none', upgradeRequest('/realtime', { 'Sec-WebSocket-Key': 'x' }), /^HTTP\/1.1 400 /],
    ['of another version', upgradeRequest('/realtime', { 'Sec-WebSocket-Version': '99' }), /^HTTP\/1.1 (400|426) /],
    ['to something else', upgradeRequest('/realtime', { Upgrade: 'h2c' }), /^HTTP\/1.1 (400|426|404) /],
    ['by POST', upgradeRequest('/realtime', {}, 'POST'), /^HTTP\/1.1 (400|404|405) /],
    [
      'with another subprotocol',
      upgradeRequest('/realtime', { 'Sec-WebSocket-Protocol': 'chat' }),
      /^HTTP\/1.1 400 [\s\S]*problem/,
    ],
    [
      'with a header of no meaning',
      upgradeRequest('/realtime', { Authorization: 'Basic eDp5' }),
      /^HTTP\/1.1 401 [\s\S]*problem/,
    ],
  ])('an upgrade %s is answered and ended', async (_, bytes, answer) => {
    const tcp = await RawTcp.open(server);
    tcp.write(bytes);
    await until(`an answer (${tcp.text})`, () => tcp.text.includes('\r\n\r\n'));
    expect(tcp.text).toMatch(answer);
    tcp.destroy();
  });

  test.each(['/api/v1/status', '/realtime', '/'])(
    'an offer of h2c at %s is ignored, with every request',
    async (path) => {
      const asked = await fetch(server.url + path);
      const tcp = await RawTcp.open(server);
      for (let answers = 1; answers <= 3; answers++) {
        tcp.write(upgradeRequest(path, { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA' }));
        await until(
          `answers (${tcp.text.slice(-300)})`,
          () => tcp.text.split(`HTTP/1.1 ${asked.status} `).length > answers,
        );
      }
      expect(tcp.ended).toBe(false);
      tcp.destroy();
    },
  );

  test('an upgrade with a credential that is none is told so on the socket', async () => {
    const tcp = await RawTcp.open(server);
    tcp.write(upgradeRequest('/realtime?token=%00%ff'));
    expect(await tcp.closeCode()).toBe(4502);
    tcp.destroy();
  });

  test.each<[string, Buffer, number]>([
    ['a frame without a mask', frameOf('{"op":"ping"}', { masked: false }), 4500],
    ['a length of 2^63 bytes', frameOf('', { length: 1n << 63n }), 4503],
    ['a length of 4 GiB', frameOf('x', { length: 1n << 32n }), 4503],
    ['a length of 257 KiB, and nothing of it', frameOf('', { length: 257n * 1024n }), 4503],
    [
      'pieces that together are too much',
      Buffer.concat([frameOf('x'.repeat(200_000), { fin: false }), frameOf('x'.repeat(200_000), { opcode: 0 })]),
      4503,
    ],
    ['an opcode that does not exist', frameOf('x', { opcode: 3 }), 4500],
    ['reserved bits', frameOf('x', { reserved: 4 }), 4500],
    ['a piece of nothing', frameOf('x', { opcode: 0 }), 4500],
    ['a new frame inside another', Buffer.concat([frameOf('{', { fin: false }), frameOf('}')]), 4500],
    ['a ping in pieces', frameOf('x', { opcode: 9, fin: false }), 4500],
    ['a ping of 126 bytes', frameOf('x'.repeat(126), { opcode: 9 }), 4500],
    ['text that is no UTF-8', frameOf(Buffer.from([0x22, 0xc3, 0x28, 0x22])), 4500],
    ['half a surrogate in bytes', frameOf(Buffer.from([0xed, 0xa0, 0x80])), 4500],
    ['a close frame of one byte', frameOf('x', { opcode: 8 }), 4500],
  ])('%s ends the connection with a code of ours', async (_, bytes, code) => {
    const tcp = await RawTcp.upgrade(server, attacker.access);
    tcp.write(bytes);
    expect(await tcp.closeCode()).toBe(code);
    tcp.destroy();
  });

  test('a frame in many pieces, and byte by byte, is one frame', async () => {
    const tcp = await RawTcp.upgrade(server, attacker.access);
    const text = '{"op":"ping","ref":"in pieces"}';
    for (const [i, piece] of [...text].entries()) {
      tcp.write(frameOf(piece, { opcode: i === 0 ? 1 : 0, fin: i === text.length - 1 }));
      if (i === 5) tcp.write(frameOf('between', { opcode: 9 }));
    }
    await tcp.receives('"ref":"in pieces"');
    for (const byte of frameOf('{"op":"ping","ref":"by bytes"}')) {
      tcp.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await tcp.receives('"ref":"by bytes"');
    tcp.destroy();
  });

  test('three hundred connections that say nothing, half of them ended on one side, disturb nobody', async () => {
    const idle = await Promise.all(Array.from({ length: 300 }, () => RawTcp.open(server)));
    for (const tcp of idle.slice(0, 150)) tcp.socket.end();
    for (const tcp of idle.slice(150, 200))
      tcp.write('POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    const sockets = await Promise.all(Array.from({ length: 20 }, () => RawTcp.upgrade(server, attacker.access)));
    for (const tcp of sockets) tcp.socket.end(frameOf('half a frame').subarray(0, 5));
    const talking = await attacker.socket();
    await talking.settle();
    talking.close();
    for (const tcp of idle.slice(0, 150)) await tcp.closed();
    for (const tcp of sockets) await tcp.closed();
    for (const tcp of idle) tcp.destroy();
  });

  test.each([
    ['pings of the WebSocket protocol', frameOf('x'.repeat(125), { opcode: 9 })],
    ['ping frames', frameOf('{"op":"ping","ref":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}')],
  ])('a flood of %s by somebody who reads no answer is ended before it fills the memory', async (_, ping) => {
    const tcp = await RawTcp.upgrade(server, attacker.access);
    tcp.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    // 40 MB of answers: above what the kernel and one connection's budget hold.
    for (let i = 0; i < 400 && !tcp.socket.destroyed; i++) {
      if (!tcp.socket.write(flood)) {
        await until(
          'the flood to be taken, or the connection to end',
          () => tcp.socket.writableLength === 0 || tcp.socket.destroyed,
        );
      }
    }
    await until('the end of the flooding connection', () => {
      tcp.write(ping);
      return tcp.socket.destroyed;
    });
  });

  test('a header that never ends is given up', async () => {
    const answer = await slow.closed(120_000);
    if (topology === 'split') expect(answer, 'nginx says nothing to who says nothing').toBe('');
    else expect(answer).toMatch(/^HTTP\/1.1 (400|408) /);
  });
});
