import type { Cluster, ClusterProcess } from '@parley/tests/harness';
import { sleep } from '../load/metrics.ts';

/** One of each target. */
const victims = ['gateway', 'chat', 'router', 'relay', 'realtime', 'people', 'identity', 'discovery'];
const patienceMs = 60_000;

export interface Restart {
  readonly target: string;
  readonly seconds: number;
}

/** SIGKILL to one process of every target in turn: until the one that replaces it says that it is ready. */
export async function timeRestarts(cluster: Cluster, progress: (line: string) => void): Promise<readonly Restart[]> {
  const restarts: Restart[] = [];
  for (const target of victims) {
    const victim = cluster.processes().find(({ planned }) => planned?.target === target);
    if (!victim?.pid) throw new Error(`no ${target} runs`);
    const began = performance.now();
    process.kill(victim.pid, 'SIGKILL');
    while (!(await isBack(cluster, victim))) {
      if (performance.now() - began > patienceMs) throw new Error(`${victim.name} did not come back`);
      await sleep(10);
    }
    const seconds = (performance.now() - began) / 1_000;
    restarts.push({ target, seconds });
    progress(`${victim.name} is back after ${seconds.toFixed(2)} s`);
    // the others have noticed by then, and the next one starts beside a quiet system
    await sleep(1_000);
  }
  return restarts;
}

async function isBack(cluster: Cluster, { name, pid, planned }: ClusterProcess): Promise<boolean> {
  const now = cluster.processes().find((each) => each.name === name);
  if (!now?.pid || now.pid === pid) return false;
  try {
    return (await fetch(`http://127.0.0.1:${planned?.adminPort}/readyz`)).ok;
  } catch {
    return false; // it does not listen yet
  }
}
