import { readFileSync } from 'node:fs';
import { beforeAll, describe } from 'vitest';
import { type SharedSystemInfo, sharedSystemVariable } from './keep-shared-system.ts';
import type { System } from './server.ts';
import { topology } from './topologies.ts';

export interface SharedSystem extends System {
  /** Of the public's gRPC. */
  readonly grpcPort: number;
}

/**
 * The system that the scenarios of a run share; the first who asks waits for its start. Other files talk to it at the same time:
 * names must be unique (`uniqueName`), and nobody ends it.
 */
export async function shareSystem(): Promise<SharedSystem> {
  const keeper = process.env[sharedSystemVariable];
  if (!keeper) throw new Error(`${sharedSystemVariable} is not set: vitest.config.ts lists keep-shared-system.ts`);
  const answer = await fetch(keeper);
  if (!answer.ok) throw new Error(await answer.text());
  const { logFile, ...rest } = (await answer.json()) as SharedSystemInfo;
  return { ...rest, log: () => readFileSync(logFile, 'utf8') };
}

/** Describes scenarios over the system that all share. */
export function inEveryTopology(name: string, define: (system: () => SharedSystem) => void): void {
  describe(`${name} (${topology})`, () => {
    let system: SharedSystem;
    beforeAll(async () => {
      system = await shareSystem();
    });
    define(() => system);
  });
}
