import { createHash } from 'node:crypto';

/** For a chat load on a machine with a few cores and little memory beside the program. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  // the promise: acknowledged means on disk
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // the relay decodes the WAL; a slot that nobody reads must not fill the disk (MESSAGE-PATH rule 11)
  wal_level: 'logical',
  max_replication_slots: '10',
  max_wal_senders: '10',
  max_slot_wal_keep_size: '4GB',
  // appends write much WAL: checkpoints by time and not by size, because each makes whole pages be logged again
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // short statements: neither compiling nor parallel workers ever pay
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // tables that only grow: statistics follow early, since plans for an empty table are wrong after the first burst, and
  // inserts alone trigger a vacuum early, which marks pages all-visible for index-only scans and freezes them bit by bit
  autovacuum_naptime: '15s',
  autovacuum_analyze_scale_factor: '0.02',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_vacuum_insert_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
};

/** Tells a running server that was started with these settings from one that was started with others. */
const fingerprint = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);

export const fingerprintSetting = 'parley.settings';
export const settingsFingerprint: string = fingerprint;

/** Arguments of `postgres`. */
export function settingsArguments(): string[] {
  return Object.entries({ ...settings, [fingerprintSetting]: fingerprint }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}
