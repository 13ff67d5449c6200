import { type ServerOptions, startServer, type TestServer } from './server.ts';
import { findEngines, startSplit } from './split.ts';

/**
 * The shapes in which the same scenarios run (docs/testing.md). A scenario gets a running system and knows nothing of its
 * shape. `split`: every service a process and a database of its own, two of what people wait for, nginx in front.
 */
const topologies = {
  'all-in-one': startServer,
  split: (options: ServerOptions) => startSplit(findEngines(), options),
} as const satisfies Record<string, (options: ServerOptions) => Promise<TestServer>>;

export type Topology = keyof typeof topologies;

/** The shape this run is about: one of them at a time, because each has a step of its own in `npm test`. */
export const topology: Topology = parseTopology(process.env.PARLEY_TEST_TOPOLOGY ?? 'all-in-one');

function parseTopology(name: string): Topology {
  if (name in topologies) return name as Topology;
  throw new Error(`PARLEY_TEST_TOPOLOGY ${name}: must be one of ${Object.keys(topologies).join(', ')}`);
}

/**
 * Runs a system of the shape that this run is about; resolves when it is ready. Only for what ends it or needs it to be unlike
 * others: `shareSystem` is there already.
 */
export const startSystem = (options: ServerOptions = {}): Promise<TestServer> => topologies[topology](options);
