import type { Planned } from './plan-cluster.ts';
import type { Supervised } from './supervise.ts';

export interface Row extends Supervised {
  readonly planned: Planned | null;
}

const columns = ['process', 'state', 'for', 'pid', 'restarts', 'http', 'grpc', 'rpc', 'admin'] as const;

/** The processes as lines of text, for people; `now` in Unix milliseconds. */
export function showTable(rows: readonly Row[], now: number): string {
  const cells = rows.map(({ name, state, since, pid, restarts, lastExit, planned }) => [
    name,
    state === 'restarting' && lastExit ? `restarting (${lastExit})` : state,
    showAge(now - since),
    pid === null ? '-' : String(pid),
    String(restarts),
    planned?.httpPort ? String(planned.httpPort) : '-',
    planned?.grpcPort ? String(planned.grpcPort) : '-',
    planned ? String(planned.rpcPort) : '-',
    planned ? String(planned.adminPort) : '-',
  ]);
  const widths = columns.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...cells.map(line)].join('\n');
}

function showAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
