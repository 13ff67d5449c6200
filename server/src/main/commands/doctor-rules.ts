import type { Sql } from '../../ports/sql.ts';

/** What one look at a database gives. */
export interface Server {
  readonly version: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Database clock − ours, in milliseconds. */
  readonly skewMs: number;
  readonly slots: readonly { name: string; status: string; share: number | null }[];
  readonly replication: boolean;
  /** Physical standbys that stream now, and synchronous_standby_names. */
  readonly standbys: number;
  readonly synchronous: string;
}

export interface Rule {
  readonly check: string;
  readonly of: (server: Server) => string;
  readonly ok: (server: Server) => boolean;
  readonly consequence: string;
}

const setting = (name: string, wanted: string, consequence: string): Rule => ({
  check: name,
  of: ({ settings }) => settings[name] ?? 'unknown',
  ok: ({ settings }) => settings[name] === wanted,
  consequence: `${consequence} Set ${name} = ${wanted}.`,
});

/** What must hold, and what is lost where it does not (MESSAGE-PATH rule 14). */
export const databaseRules: readonly Rule[] = [
  {
    check: 'version',
    of: ({ version }) => `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`,
    ok: ({ version }) => version >= 150_000,
    consequence: 'Publications with lists of columns and the statements of Parley need PostgreSQL 15 or newer.',
  },
  setting('wal_level', 'logical', 'Committed messages are not delivered live: the relay cannot read the WAL.'),
  setting('fsync', 'on', 'A power cut loses acknowledged messages, or the whole database.'),
  setting('full_page_writes', 'on', 'A power cut in the middle of a write can destroy pages for good.'),
  {
    check: 'synchronous_commit',
    of: ({ settings }) => settings.synchronous_commit ?? 'unknown',
    ok: ({ settings }) => ['on', 'remote_apply', 'remote_write', 'local'].includes(settings.synchronous_commit ?? ''),
    consequence:
      'A crash of PostgreSQL loses messages that were acknowledged just before. Set synchronous_commit = on.',
  },
  {
    check: 'max_slot_wal_keep_size',
    of: ({ settings }) =>
      settings.max_slot_wal_keep_size === '-1' ? 'no limit' : `${settings.max_slot_wal_keep_size} MB`,
    ok: ({ settings }) => Number(settings.max_slot_wal_keep_size) > 0,
    consequence:
      'While the relay is away WAL grows until the disk is full and every write fails. Set it, 4GB for example.',
  },
  {
    check: 'max_replication_slots, max_wal_senders',
    of: ({ settings }) => `${settings.max_replication_slots}, ${settings.max_wal_senders}`,
    ok: ({ settings }) => Number(settings.max_replication_slots) > 0 && Number(settings.max_wal_senders) > 0,
    consequence: 'The relay gets no slot: messages are not delivered live. Set both to 10.',
  },
  {
    check: 'right to replicate',
    of: ({ replication }) => (replication ? 'yes' : 'no'),
    ok: ({ replication }) => replication,
    consequence: 'The relay cannot create its slot: messages are not delivered live. ALTER ROLE … REPLICATION.',
  },
  {
    check: 'replication slots',
    of: ({ slots }) => slots.map(describeSlot).join('; ') || 'none yet',
    ok: ({ slots }) =>
      slots.every(({ status, share }) => status !== 'lost' && status !== 'unreserved' && (share ?? 0) < 0.7),
    consequence:
      'A slot near its limit makes sends be refused (storage.full); one that is lost makes consumers begin anew. Is Parley running, and its relay keeping up?',
  },
  {
    check: 'standbys',
    of: ({ standbys, synchronous }) =>
      standbys === 0
        ? 'none'
        : `${standbys}, ${synchronous === '' ? 'none synchronous' : `synchronous: ${synchronous}`}`,
    ok: ({ standbys, synchronous }) => standbys === 0 || synchronous !== '',
    consequence:
      'A failover loses messages that were acknowledged and had not reached the standby. Set synchronous_standby_names.',
  },
  {
    check: 'failover of slots',
    of: ({ standbys, version }) =>
      standbys === 0 ? 'no standbys' : `PostgreSQL ${Math.floor(version / 10_000)} with standbys`,
    ok: ({ standbys, version }) => standbys === 0 || version >= 170_000,
    consequence:
      'Before PostgreSQL 17 no slot survives a failover: Parley then sends every row again and clients fetch anew. Upgrade.',
  },
  {
    check: 'clock',
    of: ({ skewMs }) => `${Math.round(skewMs)} ms from this machine`,
    ok: ({ skewMs }) => Math.abs(skewMs) < 2000,
    consequence: 'Times of messages and lifetimes of tokens disagree between machines. Synchronise the clocks (NTP).',
  },
];

function describeSlot({ name, status, share }: Server['slots'][number]): string {
  return `${name} ${status}${share === null ? '' : `, ${Math.round(share * 100)} % of its limit`}`;
}

export async function readServer(sql: Sql): Promise<Server> {
  const rows = await sql.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('wal_level', 'fsync', 'full_page_writes', 'synchronous_commit', 'max_slot_wal_keep_size',
                    'max_replication_slots', 'max_wal_senders', 'server_version_num')`,
  );
  const settings = Object.fromEntries(rows.map((row) => [row.name, row.setting]));
  const before = Date.now();
  const [now] = await sql.query<{ ms: number; may: boolean }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as ms, rolreplication or rolsuper as may
     from pg_roles where rolname = current_user`,
  );
  const skewMs = (now?.ms ?? 0) - (before + Date.now()) / 2;
  const slots = await sql.query<{ name: string; status: string; share: number | null }>(
    `select slot_name as name, coalesce(wal_status, 'unknown') as status,
            (pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)
             / nullif(greatest((select setting::numeric from pg_settings where name = 'max_slot_wal_keep_size'), 0), 0)
             / 1048576)::float8 as share
     from pg_replication_slots where database = current_database() order by 1`,
  );
  const [standby] = await sql.query<{ standbys: number; synchronous: string }>(
    `select count(*) filter (where coalesce(s.slot_type, 'physical') = 'physical') as standbys,
            current_setting('synchronous_standby_names') as synchronous
     from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid`,
  );
  const { standbys = 0, synchronous = '' } = standby ?? {};
  return {
    version: Number(settings.server_version_num),
    settings,
    skewMs,
    slots,
    replication: now?.may ?? false,
    standbys,
    synchronous,
  };
}
