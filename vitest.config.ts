import { defineConfig } from 'vitest/config';

/**
 * The suites by name (`npx vitest run --project unit`). `unit` needs nothing but Node; `database` starts the embedded
 * PostgreSQL; `engines` needs Redis and the brokers (`npm run engines -- up`); `scenarios` and `web` start whole servers and speak to them over the wire. Budgets: docs/testing.md.
 */
const source = {
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
    // Node takes its CommonJS build for everybody; left to itself Vite takes the other one for our files, and two of them refuse each other.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['source', 'node', 'development|production'] } },
};

/** Scenarios about one shape of the system have a folder of its name; all others run in each (docs/testing.md). */
const ofOtherTopology =
  process.env.PARLEY_TEST_TOPOLOGY === 'split' ? 'tests/scenarios/all-in-one/**' : 'tests/scenarios/split/**';

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: [
            '{contracts,server,client,web}/src/**/*.test.{ts,tsx}',
            'server/conformance/**/*.test.ts',
            'scripts/**/*.test.mjs',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/*.db.test.ts', '**/*.engine.test.ts', '**/node_modules/**', '**/dist/**'],
          isolate: false,
          // Limits of patience, not of speed: a busy machine is no failure.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        ...source,
        test: {
          name: 'database',
          include: ['server/{src,conformance}/**/*.db.test.ts'],
          globalSetup: 'server/test-support/keep-database-server.ts',
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      {
        ...source,
        test: {
          name: 'engines',
          include: ['server/{src,conformance}/**/*.engine.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          fileParallelism: false,
        },
      },
      {
        ...source,
        test: {
          name: 'scenarios',
          include: ['tests/**/*.test.ts'],
          globalSetup: 'tests/harness/keep-shared-system.ts',
          exclude: ['tests/{web,chaos}/**', ofOtherTopology, '**/node_modules/**', '**/dist/**'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      {
        ...source,
        test: {
          name: 'chaos',
          include: ['tests/chaos/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          fileParallelism: false,
        },
      },
      {
        ...source,
        test: {
          name: 'web',
          include: ['tests/web/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          fileParallelism: false,
        },
      },
    ],
  },
});
