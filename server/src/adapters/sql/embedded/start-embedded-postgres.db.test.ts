import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort as findPort } from '../../../../test-support/free-port.ts';
import { silentLog } from '../../../kernel/log.ts';
import { createPostgres } from '../postgres/create-postgres.ts';
import { launchServer, stopServer } from './launch-server.ts';
import { locateBinaries } from './locate-binaries.ts';
import { placeData } from './place-data.ts';
import { nobody } from './postgres-user.ts';
import { reachEmbeddedPostgres } from './reach-embedded-postgres.ts';
import { readPostmaster } from './read-postmaster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts';

const daemon = 1;
const asRoot = process.getuid?.() === 0;
let folder: string;
let dataDir: string;
const owners: ChildProcess[] = [];
const started: EmbeddedPostgres[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-embedded-'));
  chmodSync(folder, 0o755);
  dataDir = path.join(folder, 'postgres');
});
afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
  // one that is left would start its server again while the folder is removed
  for (const mine of started.splice(0)) await mine.stop();
  await stopServer(dataDir);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Said {
  readonly url?: string;
  readonly error?: string;
}

const support = (name: string) => fileURLToPath(new URL(`../../../../test-support/${name}`, import.meta.url));

/** Another process on the data folder, under the given user. */
function spawnOwner(uid?: number) {
  const child = spawn(
    process.execPath,
    ['--import', support('run-typescript.mjs'), support('embedded-owner.ts'), dataDir],
    {
      ...(uid !== undefined && { uid, gid: uid }),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  owners.push(child);
  let text = '';
  const said = new Promise<Said>((resolve) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('\n')) resolve(JSON.parse(text));
    });
    child.once('exit', () => resolve({}));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { pid: child.pid ?? 0, said, kill };
}

async function start(): Promise<EmbeddedPostgres> {
  const mine = await startEmbeddedPostgres({ dataDir, log: silentLog });
  started.push(mine);
  return mine;
}

const often = { interval: 1 };

async function run(url: string, text: string): Promise<object[]> {
  const sql = createPostgres({ url });
  try {
    return await sql.query(text);
  } finally {
    await sql.close();
  }
}

it('keeps its data, url and password from one start to the next; settings as promised', async () => {
  const first = await start();
  await run(first.url, 'create table kept as select 1 as n');
  await first.stop();
  expect(readPostmaster(dataDir)).toBeUndefined();
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await run(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
  expect(
    await run(
      second.url,
      `select name, setting from pg_settings where name in ('fsync', 'jit', 'wal_level') order by 1`,
    ),
  ).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'jit', setting: 'off' },
    { name: 'wal_level', setting: 'logical' },
  ]);
  expect(
    await run(
      second.url,
      'select datctype, datcollate, pg_encoding_to_char(encoding) as e from pg_database where datname = current_database()',
    ),
  ).toEqual([{ datctype: 'C.UTF-8', datcollate: 'C', e: 'UTF8' }]);
  await second.stop();
});

it('lets nobody in without the password, which only its owner can read', async () => {
  const { url, stop } = await start();
  expect(statSync(path.join(dataDir, 'parley.password')).mode & 0o777).toBe(0o600);
  await expect(run(url.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ sqlState: '28P01' });
  expect(readFileSync(path.join(dataDir, 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*trust/m);
  await stop();
});

it('takes over the server of a killed process, without restarting it', async () => {
  const owner = spawnOwner();
  const { url } = await owner.said;
  await run(url!, 'create table kept as select 1 as n');
  const before = readPostmaster(dataDir)?.pid;
  await owner.kill();
  const mine = await start();
  expect(readPostmaster(dataDir)?.pid).toBe(before);
  expect(await run(mine.url, 'select n from kept')).toEqual([{ n: 1 }]);
  await mine.stop();
});

it('restarts an orphan that runs with other settings', async () => {
  const mine = await start();
  await mine.stop();
  const place = placeData(dataDir, silentLog);
  const binaries = locateBinaries(place.user);
  const before = await launchWithout(binaries.postgres, place.user);
  const again = await start();
  expect(readPostmaster(dataDir)?.pid).not.toBe(before);
  expect(await run(again.url, 'show wal_level')).toEqual([{ wal_level: 'logical' }]);
  await again.stop();

  async function launchWithout(postgres: string, user: object | undefined) {
    const child = spawn(postgres, ['-D', dataDir, '-c', 'unix_socket_directories=', '-p', freePort()], {
      ...user,
      cwd: '/',
      stdio: 'ignore',
      detached: true,
    });
    while (!readPostmaster(dataDir)?.ready) await pause(10);
    return child.pid;
  }
  function freePort() {
    return readFileSync(path.join(dataDir, 'parley.port'), 'utf8').trim();
  }
});

it('a kill at any moment of the first start does not brick the next', async () => {
  for (const delay of [0, 20, 60, 60, 120, 200, 300]) {
    const owner = spawnOwner();
    // wait until it works on the folder, then a little more
    while (readdirSync(folder).length === 0) await pause(2);
    await pause(delay);
    await owner.kill();
  }
  const mine = await start();
  expect(await run(mine.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await mine.stop();
});

it('refuses a second owner and names the first', async () => {
  const owner = spawnOwner();
  await owner.said;
  await expect(start()).rejects.toThrow(`in use by the Parley process ${owner.pid}.`);
  await owner.kill();
});

it('of several that start at once on an empty folder one wins', async () => {
  const said = await Promise.all([spawnOwner(), spawnOwner(), spawnOwner()].map((owner) => owner.said));
  expect(said.filter(({ url }) => url)).toHaveLength(1);
  expect(said.filter(({ error }) => error?.includes('in use by'))).toHaveLength(2);
});

it('starts the server again, under the same url, when it is killed', async () => {
  const mine = await start();
  const sql = createPostgres({ url: mine.url });
  await sql.query('create table kept as select 1 as n');
  const before = readPostmaster(dataDir)!.pid;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => mine.health().status, often).toBe('down');
  await expect.poll(() => mine.health().status, often).toBe('ok');
  expect(readPostmaster(dataDir)?.pid).not.toBe(before);
  expect(await sql.query('select n from kept')).toEqual([{ n: 1 }]);
  await sql.close();
  await mine.stop();
});

it('starts the server again when an operator stops it', async () => {
  const mine = await start();
  const before = readPostmaster(dataDir)!.pid;
  await stopServer(dataDir);
  // 'ok' alone could still be of the server that ended
  await expect.poll(() => mine.health().status === 'ok' && readPostmaster(dataDir)?.pid !== before, often).toBe(true);
  expect(await run(mine.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await mine.stop();
  expect(readPostmaster(dataDir)).toBeUndefined();
});

const claims = (url: string) =>
  run(url, `select pid from pg_stat_activity where application_name = 'parley owner ${process.pid}'`);
const endClaim = (url: string) =>
  run(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley owner ${process.pid}'`,
  );

it('takes the server back when the connection that owns it is lost', async () => {
  const mine = await start();
  const [before] = await claims(mine.url);
  await endClaim(mine.url);
  await expect.poll(() => claims(mine.url), often).not.toContainEqual(before);
  await expect.poll(() => claims(mine.url), often).toHaveLength(1);
  await expect.poll(() => mine.health().status, often).toBe('ok');
  expect((await spawnOwner().said).error).toContain(`in use by the Parley process ${process.pid}.`);
});

it('says so when another process takes the server over, and leaves that one its server', async () => {
  const mine = await start();
  const other = createPostgres({
    url: mine.url.replace(/parley$/, 'postgres'),
    applicationName: `parley owner ${daemon}`,
  });
  const [lock] = await other.query<{ classid: number; objid: number }>(
    `select classid::int4, objid::int4 from pg_locks where locktype = 'advisory'`,
  );
  // it stands in line for the claim, so that it is there first
  const session = await other.session();
  const taken = session.query('select pg_advisory_lock($1, $2)', [lock?.classid, lock?.objid]);
  const inLine = `select 1 from pg_locks where locktype = 'advisory' and not granted`;
  await expect.poll(() => run(mine.url, inLine), often).toHaveLength(1);
  await endClaim(mine.url);
  await taken;
  await expect(mine.failed).rejects.toThrow(`in use by the Parley process ${daemon}.`);
  await mine.stop();
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }]);
  session.release();
  await other.close();
});

it('is not misled by a stale postmaster.pid whose number belongs to somebody else now', async () => {
  const owner = spawnOwner();
  await owner.said;
  await owner.kill();
  const { pid } = readPostmaster(dataDir)!;
  process.kill(pid, 'SIGKILL');
  while (readPostmaster(dataDir)?.running) await pause(5);
  const file = path.join(dataDir, 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(String(pid), String(process.pid)));
  const mine = await start();
  expect(await run(mine.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await mine.stop();
});

it('refuses the data of another major, saying what to do', async () => {
  const mine = await start();
  await mine.stop();
  writeFileSync(path.join(dataDir, 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow(/made by PostgreSQL 17.*parley backup FILE/s);
});

it('refuses a folder of other things, and tells why the server did not start', async () => {
  mkdirSync(dataDir);
  writeFileSync(path.join(dataDir, 'letter.txt'), 'dear');
  await expect(start()).rejects.toThrow('is not empty and holds no PostgreSQL data');
  rmSync(dataDir, { recursive: true });
  const mine = await start();
  await mine.stop();
  writeFileSync(path.join(dataDir, 'postgresql.conf'), 'no_such_setting = 1\n');
  await expect(start()).rejects.toThrow(/cannot start on .*no_such_setting/s);
});

it.runIf(asRoot)('runs for an ordinary user as that user, and root goes on as the owner', async () => {
  chownSync(folder, daemon, daemon);
  const owner = spawnOwner(daemon);
  expect((await owner.said).error).toBeUndefined();
  await owner.kill();
  expect(statSync(dataDir).uid).toBe(daemon);
  const mine = await start();
  await mine.stop();
  const again = await start();
  expect(statSync(`/proc/${readPostmaster(dataDir)?.pid}`).uid).toBe(daemon);
  await again.stop();
});

/** Who owns the cluster, its password and the process that serves it. */
const ownersOf = (dir: string) =>
  [dir, path.join(dir, 'parley.password'), `/proc/${readPostmaster(dir)?.pid}`].map((file) => statSync(file).uid);

it.runIf(asRoot)('runs for root as a user of its own, also on what an earlier version made as nobody', async () => {
  const mine = await start();
  await run(mine.url, 'create table kept as select 1 as n');
  const own = Number(execFileSync('id', ['-u', 'parley'], { encoding: 'utf8' }));
  expect([0, nobody]).not.toContain(own);
  expect(ownersOf(dataDir)).toEqual([own, own, own]);
  await mine.stop();
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, dataDir]);
  const again = await start();
  expect(ownersOf(dataDir)).toEqual([own, own, own]);
  expect(execFileSync('find', [dataDir, '-not', '-user', 'parley'], { encoding: 'utf8' })).toBe('');
  expect(await run(again.url, 'select n from kept')).toEqual([{ n: 1 }]);
  await again.stop();
});

it.runIf(asRoot)('leaves a server of nobody running as it is until it is started again', async () => {
  const user = { uid: nobody, gid: nobody };
  const first = await start();
  await first.stop();
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, dataDir]);
  await launchServer({ dataDir, user }, locateBinaries(user), await findPort());
  const mine = await start();
  expect(ownersOf(dataDir)).toEqual([nobody, nobody, nobody]);
  await mine.stop();
  const again = await start();
  expect(ownersOf(dataDir)).not.toContain(nobody);
  await again.stop();
});

it.runIf(asRoot)('puts the data elsewhere when its user cannot reach the folder, and finds it there again', () => {
  const home = path.join(folder, 'home');
  const root = path.join(folder, 'lib');
  mkdirSync(home, { mode: 0o700 });
  const place = placeData(path.join(home, 'postgres'), silentLog, root);
  expect(place.dataDir.startsWith(root)).toBe(true);
  mkdirSync(place.dataDir);
  writeFileSync(path.join(place.dataDir, 'PG_VERSION'), '18');
  chmodSync(home, 0o755);
  expect(placeData(path.join(home, 'postgres'), silentLog, root).dataDir).toBe(place.dataDir);
});

it.runIf(asRoot)('refuses a cluster that became unreachable instead of beginning a new one', () => {
  const home = path.join(folder, 'home');
  mkdirSync(path.join(home, 'postgres'), { recursive: true });
  writeFileSync(path.join(home, 'postgres', 'PG_VERSION'), '18');
  chmodSync(home, 0o700);
  expect(() => placeData(path.join(home, 'postgres'), silentLog, path.join(folder, 'lib'))).toThrow(
    'cannot be reached',
  );
});

it('names a server that ends at once', async () => {
  const mine = await start();
  await mine.stop();
  const place = placeData(dataDir, silentLog);
  const ended = await launchServer(place, locateBinaries(place.user), 1);
  expect(ended?.said).toMatch(/could not bind|Permission denied|could not create/);
});

it('a command reaches the server of another process, or one of its own', async () => {
  const owner = spawnOwner();
  const { url } = await owner.said;
  const guest = await reachEmbeddedPostgres({ dataDir, log: silentLog });
  expect(guest.url).toBe(url);
  await guest.close();
  expect(await run(url!, 'select 1 as one')).toEqual([{ one: 1 }]);
  await owner.kill();
  const own = await reachEmbeddedPostgres({ dataDir, log: silentLog });
  expect(await run(own.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await own.close();
  expect(readPostmaster(dataDir)).toBeUndefined();
});

/** A file system of its own, small enough to fill; needs the right to mount. */
function mountSmall(megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it('says that the disk is full, at the first start and later, and starts once there is room', async ({ skip }) => {
  if (!mountSmall(20)) skip('no small file system can be mounted here');
  try {
    await expect(start()).rejects.toMatchObject({ code: 'storage.full' });
    expect(readdirSync(folder)).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=200m', folder]);
    await (await start()).stop();
    const filling = path.join(folder, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(200 << 20))).toThrow('ENOSPC');
    await expect(start()).rejects.toMatchObject({ code: 'storage.full' });
    rmSync(filling);
    await (await start()).stop();
  } finally {
    execFileSync('umount', [folder]);
  }
});
