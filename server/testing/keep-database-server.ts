import { startDatabaseServer } from './start-database-server.ts';

/** Where the workers of a run find its PostgreSQL. */
export const databaseServerVariable = 'PARLEY_TEST_DATABASE_SERVER';

/** A global set-up of vitest: one PostgreSQL for all files of a run, each with databases of its own on it. */
export default async function keepDatabaseServer(): Promise<() => Promise<void>> {
  const { url, stop } = await startDatabaseServer();
  process.env[databaseServerVariable] = url;
  return stop;
}
