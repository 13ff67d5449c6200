import { readFileSync } from 'node:fs';

/** What the kernel counts in, whatever its own clock: 100 a second on every Linux that Node runs on (getconf CLK_TCK). */
const ticksPerSecond = 100;

/** User and system time of these processes so far, with all their threads; seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return (
    pids.reduce((sum, pid) => sum + parseCpuTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')), 0) / ticksPerSecond
  );
}

/** utime + stime of a line of /proc/PID/stat (proc(5), fields 14 and 15); throws on what is no such line. */
export function parseCpuTicks(stat: string): number {
  // The second field is the program's name in brackets, in which there may be anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new Error(`this is no line of /proc/PID/stat: ${stat.slice(0, 100)}`);
  return ticks;
}
