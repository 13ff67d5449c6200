import type { Cluster } from './split.ts';

/**
 * Runs `during` while the processes of a target stand still, or the named one alone (`chat-1`). A process that is stopped keeps
 * its ports and answers nobody, which is worse than dead.
 */
export async function standStill(cluster: Cluster, which: string, during: () => Promise<void>): Promise<void> {
  const stopped = cluster
    .processes()
    .flatMap(({ name, pid, planned }) => (pid && (name === which || planned?.target === which) ? [pid] : []));
  if (stopped.length === 0) throw new Error(`no process ${which} runs`);
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  try {
    await during();
  } finally {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
  }
}
