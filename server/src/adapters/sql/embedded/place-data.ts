import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { canEnter, giveTo, nobody, postgresUser, type SystemUser } from './postgres-user.ts';
import { readPostmaster } from './read-postmaster.ts';

/** Where the cluster lies and who runs it. */
export interface Place {
  readonly dataDir: string;
  readonly user: SystemUser | undefined;
}

/** For data folders that the user who runs PostgreSQL cannot reach. */
export const fallbackRoot = '/var/lib/parley';

/**
 * Decides where the data goes (MESSAGE-PATH rule 27). The wanted folder, unless PostgreSQL's user cannot pass its parents (a
 * 0700 home): then a folder of its own below /var/lib/parley. An existing cluster is never passed over in favour of a new one:
 * rights that changed since must not look like lost messages.
 */
export function placeData(wanted: string, log: Log, root = fallbackRoot): Place {
  const parent = path.dirname(path.resolve(wanted));
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  const dataDir = path.join(realpathSync(parent), path.basename(wanted));
  const user = postgresUser(dataDir);
  const reachable = canEnter(path.dirname(dataDir), user);
  if (hasCluster(dataDir)) {
    if (!reachable) throw unreachable(dataDir, user);
    return { dataDir, user: takeOver(dataDir, user) };
  }
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw fail(
      'service.unavailable',
      `${dataDir} is not empty and holds no PostgreSQL data. Choose another --data folder.`,
    );
  }
  const elsewhere = path.join(
    root,
    createHash('sha256').update(dataDir).digest('hex').slice(0, 16),
    path.basename(dataDir),
  );
  if (reachable && !hasCluster(elsewhere)) return { dataDir, user };
  if (!user) throw unreachable(dataDir, user);
  mkdirSync(path.dirname(elsewhere), { recursive: true, mode: 0o755 });
  log.warn(
    { wanted: dataDir, dataDir: elsewhere },
    `PostgreSQL runs as uid ${user.uid}, which may not enter ${path.dirname(dataDir)}: the data lies in ${elsewhere}`,
  );
  return { dataDir: elsewhere, user: hasCluster(elsewhere) ? takeOver(elsewhere, postgresUser(elsewhere)) : user };
}

/** What earlier versions made as nobody. A server that was left running on it goes on as nobody until it is started again. */
function takeOver(dataDir: string, user: SystemUser | undefined): SystemUser | undefined {
  const owner = statSync(dataDir);
  if (!user || owner.uid !== nobody) return user;
  if (readPostmaster(dataDir)?.running) return { uid: owner.uid, gid: owner.gid };
  giveTo(user, dataDir);
  return user;
}

export function hasCluster(dataDir: string): boolean {
  return existsSync(path.join(dataDir, 'PG_VERSION'));
}

function unreachable(dataDir: string, user: SystemUser | undefined) {
  const uid = user?.uid ?? process.getuid?.();
  return fail(
    'service.unavailable',
    `${dataDir} cannot be reached by uid ${uid}, which has to run PostgreSQL. Give it the right to pass the folders above (chmod o+x).`,
  );
}
