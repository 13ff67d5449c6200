import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bringUp, type Engines, runEngines, until } from '../../harness/index.ts';
import type { Victim } from '../chaos-system.ts';

/**
 * Engines that belong to one run: `npm run engines` with a folder and ports of its own. Rejects with what that says when one
 * cannot be had here.
 */
export async function startOwnEngines(bus: string): Promise<Engines & { stop(): Promise<void> }> {
  const names = ['postgres', 'redis', bus, 'nginx'];
  const dir = await mkdtemp(path.join(tmpdir(), 'parley-engines-'));
  await chmod(dir, 0o755); // engines run as users of their own
  const base = 20_000 + 20 * Math.floor(Math.random() * 600);
  const urls = new Map<string, string>();

  async function stop(): Promise<void> {
    await runEngines(['down', ...names, '--dir', dir]);
    await rm(dir, { recursive: true, force: true });
  }

  try {
    for (const [i, name] of names.entries()) urls.set(name, await bringUp(dir, name, base + 4 * i)); // some take the next ports too
  } catch (error) {
    await stop();
    throw error;
  }
  const urlOf = (name: string) => urls.get(name) as string;
  return { postgres: urlOf('postgres'), redis: urlOf('redis'), bus: urlOf(bus), dir, stop };
}

/** What the services stand on, each to be killed where `npm run engines` keeps it; nothing when it is not said where. */
export function engineVictims({ postgres, redis, bus, dir }: Engines): readonly Victim[] {
  if (!dir) return [];
  const broker = bus.startsWith('kafka:') ? 'kafka' : 'rabbitmq';
  return [engineVictim(dir, 'redis', redis), engineVictim(dir, broker, bus), engineVictim(dir, 'postgres', postgres)];
}

function engineVictim(dir: string, name: string, url: string): Victim {
  return {
    name,
    async kill() {
      const pid = pidOf(path.join(dir, name));
      process.kill(-pid, 'SIGKILL'); // engines lead process groups of their own
      await until(`${name} has gone`, () => !isThere(pid));
    },
    back: async () => void (await bringUp(dir, name, Number(new URL(url).port))),
  };
}

/** What the engine's start wrote beside its data (scripts/engines). */
function pidOf(dir: string): number {
  const file = ['process.json', 'kafka.json'].map((name) => path.join(dir, name)).find((name) => existsSync(name));
  if (!file) throw new Error(`${dir} names no process`);
  return JSON.parse(readFileSync(file, 'utf8')).pid;
}

function isThere(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
