import { closeSync, copyFileSync, fstatSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

/** PostgreSQL writes here by itself, so the file outlives us; it is kept below twice this. */
const maxBytes = 8 << 20;

export function serverLogFile(dataDir: string): string {
  return `${dataDir}.log`;
}

/** For the server's standard output and error: appends, so that `boundLog` can cut it while the server writes. */
export function openServerLog(file: string): { fd: number; size: number } {
  if (sizeOf(file) > maxBytes) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a', 0o600);
  return { fd, size: fstatSync(fd).size };
}

/** What was written since `from`, its last 8 KiB. */
export function readServerLog(file: string, from: number): string {
  const size = sizeOf(file);
  const start = Math.max(from, size - 8192, 0);
  const bytes = Buffer.alloc(Math.max(size - start, 0));
  const fd = openSync(file, 'r');
  try {
    readSync(fd, bytes, 0, bytes.length, start);
  } finally {
    closeSync(fd);
  }
  return bytes.toString('utf8');
}

/** Moves what there is to `.1` once it is too much; the server goes on writing at the new end. */
export function boundServerLog(file: string): void {
  if (sizeOf(file) <= maxBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
