import { expect, test } from 'vitest';
import type { ProtocolData, Surface } from '../../protocols/shared/protocol.ts';
import { listIngressPaths, listLivePaths } from './live-paths.ts';

const protocol = (mainPort: Surface | null, ownPort?: Surface): ProtocolData => ({
  ...{ name: 'x', mainPort, listenModes: [], load: () => Promise.reject(new Error('nobody asked')) },
  ...(ownPort && { ownPort }),
});

test('every path that a protocol has beside the hub, on the shared port only', () => {
  const paths = listLivePaths([
    protocol({ http: ['/a', '/'], upgrades: ['/a', '/a/stream', '/b/:room'], streams: ['/a/stream'] }),
    protocol({ upgrades: ['/'] }, { upgrades: ['*'] }),
    protocol(null, { upgrades: ['/own'] }),
  ]);
  expect(paths).toEqual([
    { pattern: '/a', kind: 'socket', shared: true },
    { pattern: '/b/:room', kind: 'socket', shared: false },
    { pattern: '/', kind: 'socket', shared: true },
    { pattern: '/a/stream', kind: 'stream', shared: false },
  ]);
});

test('an Ingress gets what it can tell by the path alone', () => {
  const paths = listLivePaths([
    protocol({ http: ['/a', '/c/list'], upgrades: ['/a', '/a/socket', '/b/:room', '/c/:id', '/d/:id/end'] }),
  ]);
  expect(listIngressPaths(paths)).toEqual([
    { path: '/a/socket', pathType: 'Exact' },
    { path: '/b', pathType: 'Prefix' },
    { path: '/d', pathType: 'Prefix' },
  ]);
});

test('those of Parley', () => {
  expect(listIngressPaths().map(({ path }) => path)).toEqual(['/realtime', '/graphql/stream']);
});
