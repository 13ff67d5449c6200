import { describe, expect, test } from 'vitest';
import { silentLog } from '../kernel/log.ts';
import { type Before, type Module, Program, planModules } from './modules.ts';

interface Quirks {
  startFails?: boolean;
  hangs?: boolean;
  drainHangs?: boolean;
  breaks?: Promise<never>;
}

function chatModules(log: string[], quirks: Record<string, Quirks> = {}): Module<object>[] {
  const module = (name: string, needs: string[] = []): Module<object> => ({
    name,
    needs,
    init: () => ({
      unit: {
        async start() {
          await Promise.resolve();
          if (quirks[name]?.startFails) throw new Error('boom');
          log.push(`+${name}`);
        },
        async drain() {
          if (quirks[name]?.drainHangs) await new Promise(() => {});
          log.push(`~${name}`);
        },
        async stop() {
          if (quirks[name]?.hangs) await new Promise(() => {});
          log.push(`-${name}`);
        },
        ...(quirks[name]?.breaks && { failed: quirks[name].breaks }),
      },
    }),
  });
  return [
    module('sql'),
    module('bus', ['sql']),
    module('chat', ['bus', 'sql']),
    module('hub', ['chat']),
    { name: 'all', needs: ['hub'] },
  ];
}

const program = (modules: Module<object>[], targets = ['all'], stopTimeoutMs = 1_000) =>
  new Program(modules, targets, {}, { log: silentLog, stopTimeoutMs });

describe('the module manager', () => {
  test('what comes after another waits for it where both are there, and does not bring it', () => {
    const modules: Module<object>[] = [
      { name: 'listener', after: ['rest', 'sockets'] },
      { name: 'rest' },
      { name: 'sockets', needs: ['rest'] },
      { name: 'gateway', needs: ['listener', 'rest'] },
      { name: 'all', needs: ['gateway', 'sockets'] },
    ];
    const names = (targets: string[]) => planModules(modules, targets).map((wave) => wave.map(({ name }) => name));
    expect(names(['gateway'])).toEqual([['rest'], ['listener'], ['gateway']]);
    expect(names(['all'])).toEqual([['rest'], ['sockets'], ['listener'], ['gateway'], ['all']]);
    expect(() =>
      planModules(
        [
          { name: 'a', after: ['b'] },
          { name: 'b', after: ['a'] },
        ],
        ['a', 'b'],
      ),
    ).toThrow('circle');
  });

  test('starts in order of needs, drains all before it stops any, stops in reverse', async () => {
    const log: string[] = [];
    const p = program(chatModules(log));
    expect(p.ready()).toBe(false);
    await p.start();
    expect(p.ready()).toBe(true);
    await p.stop();
    await p.stop();
    expect(log).toEqual([
      '+sql',
      '+bus',
      '+chat',
      '+hub',
      '~hub',
      '~chat',
      '~bus',
      '~sql',
      '-hub',
      '-chat',
      '-bus',
      '-sql',
    ]);
  });

  test('a target starts only what it needs', async () => {
    const log: string[] = [];
    const p = program(chatModules(log), ['bus']);
    await p.start();
    expect(log).toEqual(['+sql', '+bus']);
    await p.stop();
  });

  test('a module is given what those provide that it names, and nothing else', async () => {
    const given: unknown[] = [];
    const provider = (name: string): Module<object> => ({ name, init: () => ({ provides: `of ${name}` }) });
    const asking = (ask: (before: Before<Readonly<Record<string, unknown>>>) => unknown): Module<object> => ({
      name: 'asking',
      needs: ['needed', 'silent'],
      after: ['earlier', 'absent'],
      init: (_context, before) => {
        given.push(ask(before));
        return {};
      },
    });
    const start = (ask: Parameters<typeof asking>[0]) => {
      const silent = { name: 'silent' };
      const modules = [asking(ask), provider('needed'), provider('earlier'), provider('absent'), silent];
      return program(modules, ['asking', 'earlier']).start();
    };
    await start(({ use }) => use('needed'));
    await start(({ find }) => find('earlier'));
    await start(({ find }) => find('absent'));
    expect(given).toEqual(['of needed', 'of earlier', null]);
    await expect(start(({ use }) => use('earlier'))).rejects.toThrow(
      'module "asking" asks for "earlier" and does not name it in needs',
    );
    await expect(start(({ find }) => find('other'))).rejects.toThrow('does not name it in after');
    await expect(start(({ use }) => use('silent'))).rejects.toThrow('"silent", which provides nothing');
  });

  test('mistakes are named', () => {
    expect(() => planModules(chatModules([]), ['al'])).toThrow(/unknown target "al"; known: all, bus/);
    expect(() =>
      planModules(
        [
          { name: 'a', needs: ['b'] },
          { name: 'b', needs: ['a'] },
        ],
        ['a'],
      ),
    ).toThrow('a -> b -> a');
    expect(() => planModules([{ name: 'a', needs: ['z'] }], ['a'])).toThrow('"a" needs "z"');
    expect(() => planModules([{ name: 'a' }, { name: 'a' }], ['a'])).toThrow('twice');
  });

  test('a failed start stops what had started and names the culprit', async () => {
    const log: string[] = [];
    const p = program(chatModules(log, { chat: { startFails: true } }));
    await expect(p.start()).rejects.toThrow('module "chat" failed to start: boom');
    expect(log).toEqual(['+sql', '+bus', '~bus', '~sql', '-bus', '-sql']);
    expect(p.health().chat).toEqual({ status: 'down', detail: 'failed' });
  });

  test('a stop while it starts waits for nobody, and nothing more begins', async () => {
    const log: string[] = [];
    let arrive = () => {};
    const late: Module<object> = {
      name: 'late',
      needs: ['bus'],
      init: () => ({ unit: { start: () => new Promise<void>((resolve) => void (arrive = resolve)) } }),
    };
    const p = program([...chatModules(log), late, { name: 'after', needs: ['late', 'hub'] }], ['after']);
    const start = p.start();
    start.catch(() => {});
    while (!log.includes('+chat')) await new Promise(setImmediate);
    await p.stop();
    expect(log).toEqual(['+sql', '+bus', '+chat', '~chat', '~bus', '~sql', '-chat', '-bus', '-sql']);
    arrive();
    await expect(start).rejects.toThrow('stopped before everything had started');
    expect(log).not.toContain('+hub');
  });

  test('a module that breaks while running makes the program fail and not ready', async () => {
    let breakIt: (error: Error) => void = () => {};
    const breaks = new Promise<never>((_, reject) => {
      breakIt = reject;
    });
    const p = program(chatModules([], { bus: { breaks } }));
    await p.start();
    breakIt(new Error('slot lost'));
    await expect(p.failed).rejects.toThrow('module "bus" failed: slot lost');
    expect(p.ready()).toBe(false);
    await p.stop();
  });

  test('one module that hangs does not keep the others from stopping', async () => {
    const log: string[] = [];
    const p = program(chatModules(log, { hub: { hangs: true } }), ['all'], 20);
    await p.start();
    await expect(p.stop()).rejects.toThrow('some modules failed to stop');
    expect(log).toContain('-sql');
  });

  test('drains before it stops for who has to do something in between, and once', async () => {
    const log: string[] = [];
    const p = program(chatModules(log));
    await p.start();
    await p.drain();
    expect(p.ready()).toBe(false);
    expect(log.slice(4)).toEqual(['~hub', '~chat', '~bus', '~sql']);
    await p.stop();
    expect(log.slice(8)).toEqual(['-hub', '-chat', '-bus', '-sql']);
  });

  test('a module that cannot drain is stopped all the same', async () => {
    const log: string[] = [];
    const p = program(chatModules(log, { hub: { drainHangs: true } }), ['all'], 20);
    await p.start();
    await expect(p.stop()).rejects.toThrow('some modules failed to stop');
    expect(log).toContain('-hub');
  });
});
