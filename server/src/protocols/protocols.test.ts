import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patternCovers, patternsMeet } from '../../test-support/path-patterns.ts';
import { createIdleDeps, type Registered, registerProtocol } from '../../test-support/register-protocol.ts';
import { protocols, surfaceOf } from './protocols.ts';
import type { Protocol, ProtocolData, ProtocolDeps, ServedPort } from './shared/protocol.ts';

const folder = import.meta.dirname;
const publicFiles = readdirSync(join(folder, '../../../web/public'));
const mainPort: ServedPort = { own: false, mode: null };
const ownPort: ServedPort = { own: true, mode: null };

/** A web application as the build leaves it. */
let webRoot: string;
let deps: ProtocolDeps;
beforeAll(() => {
  webRoot = mkdtempSync(join(tmpdir(), 'parley-web-'));
  for (const name of ['index.html', ...publicFiles]) writeFileSync(join(webRoot, name), '');
  deps = createIdleDeps(webRoot);
});
afterAll(() => rmSync(webRoot, { recursive: true, force: true }));

const pathOf = (route: string) => route.split(' ')[1] as string;

test('every folder of a protocol is listed by its name', () => {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).filter((name) => name !== 'shared');
  expect(protocols.map(({ name }) => name).sort()).toEqual(names.sort());
});

describe.each(protocols)('$name', (data) => {
  test('says where it is without loading its code', () => {
    const text = readFileSync(join(folder, data.name, 'protocol.ts'), 'utf8');
    expect(text.match(/^import (?!type )/gm)).toBeNull();
    expect(text).toMatch(/await import\(/);
  });

  test.each([
    { at: 'the main port', port: mainPort },
    { at: 'a port of its own', port: ownPort },
  ])('registers with $at what it says, and nothing else', async ({ port }) => {
    const surface = surfaceOf(data, port.own);
    if (!surface) return;
    const registered = await registerProtocol(data, port, deps);
    expect(registered.upgrades.toSorted()).toEqual(surface.upgrades.toSorted());
    expect(registered.grpc.toSorted()).toEqual(surface.grpc.toSorted());
    // At the path of a socket a request is told what belongs there.
    const said = [...surface.http, ...surface.streams, ...surface.upgrades];
    const paths = registered.routes.map(pathOf);
    expect(paths.filter((path) => !said.some((pattern) => patternCovers(pattern, path)))).toEqual([]);
    const served = (pattern: string) => paths.some((path) => patternCovers(pattern, path));
    // Which of the web application's there are depends on whether it is built.
    expect([...surface.http, ...surface.streams].filter((pattern) => !served(pattern))).toEqual([]);
  });

  test.each([mainPort, ownPort])('a gateway refuses its sockets itself, in words (%o)', async (port) => {
    const surface = surfaceOf(data, port.own);
    const { upgrades } = await registerProtocol(data, port, { ...deps, sockets: null });
    expect(upgrades.toSorted()).toEqual(surface?.upgrades.toSorted());
  });
});

/** What two protocols of one port both have. */
function findOverlaps(all: readonly Registered[]): readonly string[] {
  const overlaps: string[] = [];
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      const names = `${one.name} and ${other.name}`;
      for (const a of one.routes) {
        for (const b of other.routes) {
          const [method] = a.split(' ');
          if (b.startsWith(`${method} `) && patternsMeet(pathOf(a), pathOf(b))) overlaps.push(`${names}: ${a}, ${b}`);
        }
      }
      for (const a of one.upgrades) {
        for (const b of other.upgrades) if (patternsMeet(a, b)) overlaps.push(`${names}: upgrades of ${a}, ${b}`);
      }
      for (const a of one.grpc) if (other.grpc.includes(a)) overlaps.push(`${names}: gRPC ${a}`);
    }
  }
  return overlaps;
}

describe('overlaps', () => {
  test('on the ports that all share no two protocols have the same', async () => {
    const served = protocols.filter((data) => data.mainPort);
    const all = await Promise.all(served.map((data) => registerProtocol(data, mainPort, deps)));
    expect(all.flatMap(({ routes }) => routes).length).toBeGreaterThan(100);
    expect(findOverlaps(all)).toEqual([]);
  });

  test('on ports of their own they may', async () => {
    const protocol: Protocol = {
      registerHttp: async () => {},
      registerSockets: (host, port) => port.own && host.onUpgrade('/', () => {}),
    };
    const load = async () => protocol;
    const data = { name: 'x', mainPort: {}, ownPort: { upgrades: ['/'] }, listenModes: [], load };
    const veigo = protocols.find(({ name }) => name === 'veigo') as ProtocolData;
    const main = await registerProtocol(veigo, mainPort, deps);
    const own = await registerProtocol(data, ownPort, deps);
    expect(findOverlaps([main, own])).toEqual(['veigo and x: upgrades of /, /']);
    expect(findOverlaps([main, await registerProtocol(data, mainPort, deps)])).toEqual([]);
  });

  const one: Registered = {
    name: 'one',
    routes: ['GET /a/:id', 'POST /b', 'GET /c/*'],
    upgrades: ['/ws/:room'],
    grpc: ['x.X'],
  };
  test.each<[Partial<Registered>, string]>([
    [{ routes: ['GET /a/fixed'] }, 'one and two: GET /a/:id, GET /a/fixed'],
    [{ routes: ['GET /:any/x'] }, 'one and two: GET /a/:id, GET /:any/x'],
    [{ routes: ['GET /c/d/e'] }, 'one and two: GET /c/*, GET /c/d/e'],
    [{ routes: ['POST /b'] }, 'one and two: POST /b, POST /b'],
    [{ upgrades: ['/ws/all'] }, 'one and two: upgrades of /ws/:room, /ws/all'],
    [{ upgrades: ['*'] }, 'one and two: upgrades of /ws/:room, *'],
    [{ grpc: ['x.X'] }, 'one and two: gRPC x.X'],
  ])('%j is one', (given, overlap) => {
    const two = { name: 'two', routes: [], upgrades: [], grpc: [], ...given };
    expect(findOverlaps([one, two])).toContain(overlap);
  });

  test('another method, another path, a request at the path of a socket are none', () => {
    const routes = ['PUT /b', 'GET /b', 'GET /a', 'GET /a/b/c', 'GET /ws/x', 'GET /c'];
    const two: Registered = { name: 'two', routes, upgrades: ['/ws', '/ws/a/b', '/a/x'], grpc: ['x.Y'] };
    expect(findOverlaps([one, two])).toEqual([]);
  });
});
