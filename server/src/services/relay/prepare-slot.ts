import { fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { encodeIncarnation } from '../../model/position.ts';
import { parseLsn, type ReplicationConnection } from '../../ports/replication.ts';
import { type RelayConfig, type RelayDatabase, relayApplication } from './config.ts';
import type { Pause } from './pause.ts';

/** What a snapshot is read from: the connection stands in a transaction that sees exactly what the stream will not bring. */
export interface Snapshot {
  readonly incarnation: string;
  /** LSN below which everything is in the snapshot. */
  readonly lsn: bigint;
  /** null: nothing was lost, the slot is the database's first. */
  readonly reason: string | null;
}

export interface PrepareDeps {
  readonly log: Log;
  readonly pause: Pause;
  readonly config: RelayConfig;
  /** Reads the published rows to the bus; its rejection leaves the database without a slot, so the next attempt repeats it. */
  takeSnapshot(connection: ReplicationConnection, snapshot: Snapshot): Promise<void>;
}

interface Slot {
  readonly database: string | null;
  readonly plugin: string | null;
  readonly active_pid: string | null;
  readonly wal_status: string | null;
}

/**
 * Makes sure that the slot exists, is free and belongs to the history `known` (the incarnation of the last connection, null
 * at start); else a new one and a snapshot take its place (MESSAGE-PATH rule 11). Answers the incarnation.
 */
export async function prepareSlot(
  connection: ReplicationConnection,
  database: RelayDatabase,
  known: string | null,
  deps: PrepareDeps,
): Promise<string> {
  const name = slotOf(database);
  await checkServer(connection, database, deps.log);
  const incarnation = await readIncarnation(connection);
  const slot = await findSlot(connection, name);
  if (slot) await checkSlot(connection, name, slot);
  const reason = decideReset(slot, known, incarnation);
  if (slot) await untilFree(connection, name, deps);
  if (slot && reason === null) return incarnation;
  if (slot) await connection.query(`select pg_drop_replication_slot('${name}')`);
  await createSlot(connection, name, async (lsn) => {
    await deps.takeSnapshot(connection, { incarnation, lsn, reason });
  });
  return incarnation;
}

export function slotOf(database: RelayDatabase): string {
  const name = database.slot ?? 'parley';
  if (!/^[a-z0-9_]{1,63}$/.test(name)) throw fail('request.invalid', `"${name}" is no name for a replication slot.`);
  return name;
}

/** null: the slot continues what we had, or there is nothing to continue. */
function decideReset(slot: Slot | null, known: string | null, incarnation: string): string | null {
  if (known !== null && known !== incarnation) return `the database is another one now: ${known} became ${incarnation}`;
  if (slot?.wal_status === 'lost') return 'the slot fell behind the WAL limit (max_slot_wal_keep_size)';
  if (!slot && known !== null) return 'the slot is gone';
  return null;
}

async function checkServer(connection: ReplicationConnection, database: RelayDatabase, log: Log): Promise<void> {
  const [settings] = await connection.query(`select current_setting('wal_level') as wal_level,
    current_setting('max_slot_wal_keep_size') as keep, (select string_agg(pubname, ',') from pg_publication) as publications`);
  if (settings?.wal_level !== 'logical') {
    throw fail(
      'request.invalid',
      `The database ${database.name} needs wal_level = logical (and a restart of PostgreSQL).`,
    );
  }
  const present = (settings.publications ?? '').split(',');
  const missing = database.publications.filter((name) => !present.includes(name));
  if (missing.length > 0) {
    throw fail(
      'request.invalid',
      `The database ${database.name} lacks the publication ${missing.join(', ')}: migrate it.`,
    );
  }
  if (settings.keep === '-1') {
    log.warn(
      { db: database.name },
      'max_slot_wal_keep_size is unlimited: a relay that is away for long fills the disk',
    );
  }
}

async function readIncarnation(connection: ReplicationConnection): Promise<string> {
  const [system] = await connection.query('IDENTIFY_SYSTEM');
  const [table] = await connection.query(`select to_regclass('chat.incarnation') as name`);
  const [row] = table?.name ? await connection.query('select restore from chat.incarnation') : [];
  return encodeIncarnation({
    systemId: system?.systemid ?? '',
    timeline: Number(system?.timeline),
    restore: row?.restore ?? '0',
  });
}

async function findSlot(connection: ReplicationConnection, name: string): Promise<Slot | null> {
  const [slot] = await connection.query(
    `select database, plugin, active_pid, wal_status from pg_replication_slots where slot_name = '${name}'`,
  );
  return (slot as unknown as Slot | undefined) ?? null;
}

async function checkSlot(connection: ReplicationConnection, name: string, slot: Slot): Promise<void> {
  const [here] = await connection.query('select current_database() as name');
  if (slot.plugin !== 'pgoutput' || slot.database !== here?.name) {
    const owner = `the database ${slot.database} with ${slot.plugin}`;
    throw fail(
      'request.invalid',
      `The replication slot ${name} belongs to ${owner}: give this one a slot of another name.`,
    );
  }
}

/** After a crash the server may need a moment to notice that the connection which held the slot is gone. */
async function untilFree(connection: ReplicationConnection, name: string, deps: PrepareDeps): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const [holder] = await connection.query(`select s.active_pid as pid, a.application_name as application
      from pg_replication_slots s left join pg_stat_activity a on a.pid = s.active_pid where s.slot_name = '${name}'`);
    if (!holder?.pid) return;
    if (waitedMs >= deps.config.takeOverMs) {
      const fields = { slot: name, pid: holder.pid, application: holder.application };
      if (holder.application !== relayApplication) {
        throw fail('service.unavailable', `The replication slot ${name} is used by ${holder.application}.`);
      }
      deps.log.warn(fields, 'ending an earlier relay connection that still holds the slot');
      await connection.query(`select pg_terminate_backend(${Number(holder.pid)})`);
    }
    await deps.pause(100);
  }
}

/**
 * The slot appears under its name only when the snapshot is complete: until then it is a temporary one that ends with this
 * connection, so a crash in between leaves no slot that pretends to have a past.
 */
async function createSlot(
  connection: ReplicationConnection,
  name: string,
  takeSnapshot: (lsn: bigint) => Promise<void>,
): Promise<void> {
  const [backend] = await connection.query('select pg_backend_pid() as pid');
  const temporary = `parley_new_${backend?.pid}`;
  await connection.query('begin read only isolation level repeatable read');
  const [created] = await connection.query(
    `CREATE_REPLICATION_SLOT "${temporary}" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'use')`,
  );
  await takeSnapshot(parseLsn(created?.consistent_point ?? ''));
  await connection.query('commit');
  await connection.query(`select pg_copy_logical_replication_slot('${temporary}', '${name}', false)`);
  await connection.query(`select pg_drop_replication_slot('${temporary}')`);
}
