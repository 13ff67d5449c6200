import { AlreadyOwned } from './claim-server.ts';
import { readPassword } from './create-cluster.ts';
import { placeData } from './place-data.ts';
import { readPostmaster } from './read-postmaster.ts';
import { databaseUrl, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start-embedded-postgres.ts';

/** For commands that read beside a running `parley serve`: its server, or one of our own that `close` ends again. */
export async function reachEmbeddedPostgres(
  o: EmbeddedPostgresOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  try {
    const { url, stop } = await startEmbeddedPostgres(o);
    return { url, close: stop };
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof AlreadyOwned)) throw error;
    const { dataDir } = placeData(o.dataDir, o.log);
    const postmaster = readPostmaster(dataDir);
    if (!postmaster?.running) throw error;
    return { url: databaseUrl(readPassword(dataDir), postmaster.port), close: async () => {} };
  }
}
