import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { fail } from '../../../kernel/errors.ts';
import { readPassword, superuser } from './create-cluster.ts';
import { isAlive } from './read-postmaster.ts';
import { fingerprintSetting, settingsFingerprint } from './settings.ts';

/** Proof that this process owns the server: a connection that holds an advisory lock, and so ends with the process. */
export interface Claim {
  /** The server is the one this program would start: same release, same settings. */
  readonly current: boolean;
  /** Resolves when the connection is lost, and with it the claim. */
  readonly lost: Promise<void>;
  query(text: string): Promise<Record<string, unknown>[]>;
  release(): Promise<void>;
}

/** A second process on the same data, and nothing else. */
export class AlreadyOwned extends Error {}

/** "parl", "owns" */
const lock = [0x7061726c, 0x6f776e73] as const;
const owner = 'parley owner ';
const patienceMs = 3000;

/**
 * Claims the server on that port. undefined: it does not take connections at the moment (it recovers, or goes down).
 * Throws when another live process holds the claim, naming it.
 */
export async function claimServer(dataDir: string, port: number, version: string): Promise<Claim | undefined> {
  const client = await connect(dataDir, port);
  if (!client) return undefined;
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  const query = async (text: string) => (await client.query(text)).rows as Record<string, unknown>[];
  try {
    await holdLock(query, dataDir);
    const [server] = await query(
      `select current_setting('server_version') as version, current_setting('${fingerprintSetting}', true) as settings`,
    );
    const current = String(server?.version).split(' ')[0] === version && server?.settings === settingsFingerprint;
    return { current, lost, query, release: () => client.end() };
  } catch (error) {
    await client.end();
    if (isServerAway(error)) return undefined;
    throw error;
  }
}

async function connect(dataDir: string, port: number): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password: readPassword(dataDir),
    database: 'postgres',
    application_name: `${owner}${process.pid}`,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  // `end` tells of the loss; an error without a listener would end the process
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    if (isServerAway(error)) return undefined;
    throw error;
  }
}

async function holdLock(query: Claim['query'], dataDir: string): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const [row] = await query(`select pg_try_advisory_lock(${lock[0]}, ${lock[1]}) as held`);
    if (row?.held) return;
    const [holder] = await query(
      `select application_name as name from pg_locks join pg_stat_activity using (pid)
       where locktype = 'advisory' and classid = ${lock[0]} and objid = ${lock[1]} and granted`,
    );
    const pid = Number.parseInt(String(holder?.name ?? '').slice(owner.length), 10);
    // the server may take a moment to notice that a killed owner has gone
    if (performance.now() > until || isAlive(pid)) {
      throw new AlreadyOwned(
        `The data in ${dataDir} is in use by the Parley process ${pid || 'of an unknown number'}. Stop that one, or choose another --data folder.`,
      );
    }
    await pause(20);
  }
}

/** Not up yet, going down, or gone while we asked. What remains (a wrong password, say) will not heal by waiting. */
function isServerAway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(57P0[123]|08)/.test(error.code ?? '');
  return !(error instanceof AlreadyOwned) && !(error instanceof TypeError);
}

/** For the command line: as the table of errors has it. */
export function ownedFailure(error: AlreadyOwned) {
  return fail('service.unavailable', { detail: error.message, cause: error });
}
