import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../../kernel/log.ts';
import { choosePort } from './choose-port.ts';
import { type Claim, claimServer } from './claim-server.ts';
import { startFailure } from './create-cluster.ts';
import { launchServer, stopServer } from './launch-server.ts';
import type { Binaries } from './locate-binaries.ts';
import type { Place } from './place-data.ts';
import { readPostmaster } from './read-postmaster.ts';

export interface Running {
  readonly port: number;
  readonly claim: Claim;
}

interface Ground {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly log: Log;
  /** The server must be on this port: connections know it by that. */
  readonly port?: number | undefined;
}

/** Replaying 2 GiB of WAL on a slow disk takes minutes; more than this is a fault. */
const patienceMs = 10 * 60_000;

/**
 * Ends with a server on the data folder that this process has claimed: one that runs already (an orphan of a killed process) if it
 * is what we would start, else a new one. Every step starts from what is the case, so that it may be repeated, and interrupted, at will:
 *
 *   running? ── yes ──▶ claim ── held by a live process ──▶ refuse
 *      │ no               └── ours: current? ── yes ──▶ done
 *      ▼                                └── no ──▶ stop ──▶ again
 *   launch ── ready, or another was faster ──▶ again
 */
export async function bringUp(ground: Ground): Promise<Running> {
  const { place, log } = ground;
  const until = performance.now() + patienceMs;
  const telling = setInterval(
    () => log.info({ dataDir: place.dataDir }, 'PostgreSQL recovers, or ends: waiting'),
    5000,
  );
  try {
    return await advance(ground, until);
  } finally {
    clearInterval(telling);
  }
}

async function advance(ground: Ground, until: number): Promise<Running> {
  const { place, binaries } = ground;
  while (performance.now() < until) {
    const postmaster = readPostmaster(place.dataDir);
    if (!postmaster?.running) {
      await launch(ground);
      continue;
    }
    const claim = postmaster.ready ? await claimServer(place.dataDir, postmaster.port, binaries.version) : undefined;
    if (claim?.current && postmaster.port === (ground.port ?? postmaster.port)) return { port: postmaster.port, claim };
    if (claim) await stopServer(place.dataDir);
    else await pause(10);
  }
  throw startFailure(place.dataDir, 'It neither took connections nor ended within ten minutes.');
}

async function launch({ place, binaries, port }: Ground): Promise<void> {
  const ended = await launchServer(place, binaries, await choosePort(place.dataDir, port));
  if (!ended) return;
  // another process started one at the same moment
  if (/lock file "postmaster.pid" already exists/.test(ended.said)) return pause(10);
  // children of a killed postmaster have not noticed yet; a port was taken between our look and its bind
  if (/pre-existing shared memory block|could not bind/.test(ended.said)) return pause(100);
  throw startFailure(place.dataDir, ended.said);
}
