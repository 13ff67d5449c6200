import { expect, test } from 'vitest';
import type { Health } from '../kernel/lifecycle.ts';
import { allServices, serviceNames } from './all-services.ts';
import { decideReady } from './decide-ready.ts';

const ok: Health = { status: 'ok' };
const down: Health = { status: 'down', detail: 'away' };
const fine = { bus: ok, registry: ok, storage: ok, directory: ok };

/** The status of a process that runs one target, with its own database where it has one. */
function processOf(target: string, over: Readonly<Record<string, Health>> = {}) {
  const { database } = allServices.find(({ name }) => name === target) ?? {};
  const foundation = { ...fine, ...(database && { [`database-${target}`]: ok }) };
  const parts = Object.entries({ ...foundation, [target]: ok, ...over });
  const of = (own: boolean) => Object.fromEntries(parts.filter(([name]) => (name === target) === own));
  return { foundation: of(false), modules: of(true) };
}

/** Which single absence makes which target say no. */
test.each([
  ['gateway', []],
  ['realtime', []],
  ['identity', ['database-identity']],
  ['people', ['database-people']],
  ['chat', ['database-chat']],
  ['relay', ['bus', 'relay']],
  ['router', ['bus', 'registry']],
  ['discovery', ['discovery']],
])('%s is ready but without %s', (target, expected) => {
  expect(decideReady(processOf(target))).toBe(true);
  const names = [...Object.keys(fine), 'database-identity', 'database-people', 'database-chat', 'relay', 'discovery'];
  const missed = names.filter((name) => !decideReady(processOf(target, { [name]: down })));
  expect(missed.sort()).toEqual(expected);
});

test('of several services in one process each must be able to work', () => {
  const parts = { foundation: { 'database-people': down, 'database-chat': ok }, modules: { chat: ok } };
  expect(decideReady(parts)).toBe(true);
  expect(decideReady({ ...parts, modules: { chat: ok, people: ok } })).toBe(false);
});

test('all in one process: without its database it is not ready', () => {
  const all = Object.fromEntries(serviceNames.map((name) => [name, ok]));
  expect(decideReady({ foundation: { database: ok }, modules: all })).toBe(true);
  expect(decideReady({ foundation: { database: down }, modules: all })).toBe(false);
});

test('what is slow or lacks something is asked all the same', () => {
  expect(decideReady(processOf('chat', { 'database-chat': { status: 'degraded' } }))).toBe(true);
});
