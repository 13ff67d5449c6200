/** A process that owns an embedded PostgreSQL until it is killed. Arguments: the data folder. Says one line of JSON. */

import { startEmbeddedPostgres } from '../src/adapters/sql/embedded/start-embedded-postgres.ts';
import { silentLog } from '../src/kernel/log.ts';

const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
try {
  const { url, dataDir } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: silentLog });
  say({ url, dataDir });
  setInterval(() => {}, 60_000);
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
}
