import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { migrationsFolder } from '../adapters/sql/migrate.ts';
import { planModules } from '../runtime/modules.ts';
import { allServices, serviceNames, storingServices } from './all-services.ts';
import { busTopics } from './foundation/bus-topology.ts';
import { countConnections } from './foundation/open-sql.ts';
import { modules } from './modules.ts';
import { parseOptions } from './options.ts';

const folder = fileURLToPath(new URL('../services/', import.meta.url));

test('a service that says what it is has its line', () => {
  const folders = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'service.ts')));
  expect(folders.sort()).toEqual([...serviceNames].sort());
});

/** What a file loads when it is loaded: neither types nor what it imports later. */
function loadedBy(file: string): string[] {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)(?! type\b)[^;(]*? from '([^']+)'/gm);
  return [...imports].map(([, specifier = '']) =>
    specifier.startsWith('.') ? path.resolve(path.dirname(file), specifier) : specifier,
  );
}

test.each(serviceNames)('what %s says of itself loads no more than words and numbers', (name) => {
  const isPort = (file: string) => file.startsWith(path.resolve(folder, '../ports/'));
  const own = loadedBy(path.join(folder, name, 'service.ts')).filter((file) => !isPort(file));
  for (const file of own) expect([file, loadedBy(file).filter((each) => !isPort(each))]).toEqual([file, []]);
});

test('the services that keep data are those with migrations: who may not ask the program lists the folders', () => {
  expect(readdirSync(migrationsFolder()).sort()).toEqual([...storingServices].sort());
});

test('every service can be run alone, and all but those for several processes in one', () => {
  const names = (target: string) =>
    planModules(modules, [target])
      .flat()
      .map(({ name }) => name);
  for (const name of serviceNames) expect(names(name)).toContain(name);
  expect(serviceNames.filter((name) => !names('all').includes(name))).toEqual(['discovery']);
});

test('who reads the change stream has subscribed before the relay lets it flow', () => {
  const waves = planModules(modules, ['all']).map((wave) => wave.map(({ name }) => name));
  const waveOf = (module: string) => waves.findIndex((wave) => wave.includes(module));
  for (const reader of ['identity', 'people', 'chat', 'router', 'hub', 'access'])
    expect([reader, waveOf(reader) < waveOf('relay')]).toEqual([reader, true]);
});

test('a group reads topics of some service, and no two have a name', () => {
  const groups = allServices.flatMap(({ groups = [] }) => groups);
  for (const { topics } of groups) for (const topic of topics) expect(busTopics).toContain(topic);
  expect(new Set(groups.map(({ group }) => group)).size).toBe(groups.length);
});

/** The committer keeps a connection for each lane, and four for conversations that wait alone. */
test.each([1, 2, 16, 32])('%i lanes leave chat connections for everything else', (lanes) => {
  const counts = countConnections(parseOptions({ 'commit-lanes': String(lanes) }, {}));
  expect(counts).toMatchObject({ identity: 8, people: 6, chat: lanes + 4 + 14 });
});

test('every interface is answered by a service that knows it', async () => {
  for (const { name, rpc = {} } of allServices)
    for (const load of Object.values(rpc) as (() => Promise<{ readonly name: string }>)[])
      expect((await load()).name).toBe(name);
});
