import type { TestProject } from 'vitest/node';
import { startDatabaseServer } from './start-database-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL of a run; not there where a project has not asked for one. */
    databaseServer?: string;
  }
}

/** A global set-up of vitest: one PostgreSQL for all files of a run, each with databases of its own on it. */
export default async function keepDatabaseServer(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startDatabaseServer();
  project.provide('databaseServer', url);
  return stop;
}
