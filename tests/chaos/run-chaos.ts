import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem, Victim } from './chaos-system.ts';
import { checkRecorded, isClean, type Verdict } from './check-recorded.ts';
import { type Load, startLoad } from './load.ts';

export interface ChaosOptions {
  /** Seconds of load after each victim is back, before the next. */
  readonly seconds: number;
  /** Names; none: all. */
  readonly victims?: readonly string[] | undefined;
  /** SIGTERM and start each service in turn, instead of SIGKILL. */
  readonly rolling?: boolean;
  readonly people?: number;
  readonly perSecond?: number;
  /** A line for people. */
  tell?(line: string): void;
}

export interface VictimReport {
  readonly name: string;
  /** From the signal until it served again. */
  readonly backMs: number;
  /** From the signal until everybody had been online again, or wanted to be away; null: not within the seconds. */
  readonly onlineMs: number | null;
}

export interface ChaosReport extends Verdict {
  readonly victims: readonly VictimReport[];
  /** Errors that a client saw and the SDK did not heal. */
  readonly unhealed: number;
  /** The whole run. */
  readonly seconds: number;
}

/** How long everybody may take to be level when the last victim is back: back-offs go to 30 s, and machines are busy. */
const levelMs = 300_000;

/** Steady load, each victim in turn, quiet, the check. The system stays up; whoever started it stops it. */
export async function runChaos(system: ChaosSystem, options: ChaosOptions): Promise<ChaosReport> {
  const { seconds, rolling = false, people = 50, perSecond = 200, tell = () => {} } = options;
  const victims = chooseVictims(system.victims(), options.victims, rolling);
  const began = performance.now();
  const load = await startLoad({ url: system.url, people, perSecond });
  try {
    tell(`${people} people are online; ${perSecond} messages/s`);
    await sleep(seconds * 1_000);
    const reports: VictimReport[] = [];
    for (const victim of victims) {
      const report = await strike(victim, load, seconds, rolling);
      reports.push(report);
      const { online, of } = load.online();
      tell(
        `${victim.name}: back after ${report.backMs} ms, everybody had been online after ${report.onlineMs ?? 'more than the time there was'}` +
          `${report.onlineMs === null ? '' : ' ms'}; ${load.sent} sent, ${online} of ${of} online; sockets closed: ${load.takeCloses()}`,
      );
    }
    load.quiet();
    const laggards = await waitUntilLevel(load);
    tell(laggards.length === 0 ? 'everybody is level' : `${laggards.length} are not level: ${laggards[0]}`);
    const verdict = checkRecorded(await load.record());
    const unhealed = [...load.unhealed, ...laggards];
    return {
      ...verdict,
      victims: reports,
      unhealed: unhealed.length,
      problems: [...verdict.problems, ...groupProblems(unhealed)],
      seconds: Math.round((performance.now() - began) / 1_000),
    };
  } finally {
    load.close();
  }
}

/** Fifty people often see the same: one line for each kind (what follows the name), with the first who saw it. */
function groupProblems(unhealed: readonly string[]): readonly string[] {
  const kinds = new Map<string, { readonly first: string; times: number }>();
  for (const problem of unhealed) {
    const kind = problem.slice(problem.indexOf(': '));
    const known = kinds.get(kind);
    if (known) known.times++;
    else kinds.set(kind, { first: problem, times: 1 });
  }
  return [...kinds.values()].slice(0, 20).map(({ first, times }) => `unhealed: ${first} (${times} times)`);
}

/** True when every promise was kept. */
export const isRight = (report: ChaosReport): boolean => isClean(report) && report.unhealed === 0;

function chooseVictims(
  all: readonly Victim[],
  names: readonly string[] | undefined,
  rolling: boolean,
): readonly Victim[] {
  const possible = rolling ? all.filter((victim) => victim.restart) : all;
  const unknown = names?.filter((name) => !possible.some((victim) => victim.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = possible.map(({ name }) => name).join(', ');
    throw new Error(`There is no ${rolling ? 'service' : 'victim'} ${unknown.join(', ')}; there are: ${known}.`);
  }
  return names ? possible.filter((victim) => names.includes(victim.name)) : possible;
}

async function strike(victim: Victim, load: Load, seconds: number, rolling: boolean): Promise<VictimReport> {
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  if (rolling) await victim.restart?.();
  else {
    await victim.kill();
    await victim.back();
  }
  const backMs = since();
  let onlineMs: number | null = null;
  // One by one: some are always on their way back from an absence of their own.
  const missing = new Set(load.clients);
  while (since() < backMs + seconds * 1_000) {
    for (const one of missing) if (one.away || one.client.state === 'online') missing.delete(one);
    if (missing.size === 0) onlineMs ??= since();
    await sleep(20);
  }
  return { name: victim.name, backMs, onlineMs };
}

async function waitUntilLevel(load: Load): Promise<readonly string[]> {
  const end = performance.now() + levelMs;
  for (;;) {
    const laggards = await load.laggards().catch((error) => [String(error)]);
    if (laggards.length === 0 || performance.now() > end) return laggards;
    await sleep(250);
  }
}
