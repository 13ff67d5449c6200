import { expect, test } from 'vitest';
import { createNginxConfig } from './nginx-config.ts';

const site = { listen: '8080', gateways: ['10.0.0.1:4000'], realtimes: ['[::1]:4000', 'realtime-1:4000'] };

test('lists every address under its upstream', () => {
  const text = createNginxConfig(site);
  expect(text).toMatch(/upstream parley_gateways \{[^}]*server 10\.0\.0\.1:4000 [^}]*\}/);
  expect(text).toMatch(/upstream parley_realtimes \{[^}]*server \[::1\]:4000 [^}]*server realtime-1:4000 [^}]*\}/);
});

test('asks a resolver again only when there is one', () => {
  expect(createNginxConfig(site)).not.toMatch(/resolve/);
  expect(createNginxConfig({ ...site, resolver: '127.0.0.11' })).toMatch(
    /^resolver 127\.0\.0\.11 valid=5s;$[\s\S]*server 10\.0\.0\.1:4000 .* resolve;/m,
  );
});

test('lets gRPC through on a port of its own, when there is one', () => {
  expect(createNginxConfig(site)).not.toContain('grpc');
  expect(createNginxConfig({ ...site, grpc: { listen: '4001', gateways: ['10.0.0.1:4001'] } })).toMatch(
    /upstream parley_grpc \{[^}]*server 10\.0\.0\.1:4001 [^}]*\}[^}]*listen 4001 http2;[\s\S]*grpc_pass grpc:\/\/parley_grpc;/,
  );
});

test('sends the paths of sockets and streams to the realtimes, parameters and all', () => {
  const text = createNginxConfig(site, [
    { pattern: '/a.b', kind: 'socket', shared: false },
    { pattern: '/ws/room/:id', kind: 'socket', shared: false },
    { pattern: '/feed/*', kind: 'stream', shared: false },
  ]);
  expect(text).toContain('"~^(?i:websocket) /a\\.b$" parley_realtimes;');
  expect(text).toContain('"~^(?i:websocket) /ws/room/[^/]+$" parley_realtimes;');
  expect(text).toContain('"~ /feed/.*$" parley_realtimes;');
  expect(text).toContain('location = /a.b {');
  expect(text).toContain('location ~ "^/ws/room/[^/]+$" {');
  expect(text).toContain('location ~ "^/feed/.*$" {');
});

test('lets an attachment of the largest size through, with what a form adds to it', () => {
  expect(createNginxConfig({ ...site, maxAttachmentMb: 100 })).toContain('client_max_body_size 101m;');
});

test.each([
  [[], 'needs at least one address'],
  [['10.0.0.1'], 'not host:port: "10.0.0.1"'],
  [['a:1; } server { listen 1'], 'not host:port'],
])('refuses %j as gateways', (gateways, message) => {
  expect(() => createNginxConfig({ ...site, gateways })).toThrow(message);
});
