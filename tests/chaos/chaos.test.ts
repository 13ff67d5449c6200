import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEngines, topology } from '../harness/index.ts';
import type { ChaosSystem } from './chaos-system.ts';
import { runChaos } from './run-chaos.ts';
import { startAllInOne } from './systems/all-in-one.ts';
import { startSplitSystem } from './systems/split.ts';

/** Of the split topology one of every service, and every engine; of the other all there are. */
const victims =
  topology === 'split'
    ? [
        ...['discovery', 'identity', 'people', 'chat-1', 'relay', 'router', 'gateway-1', 'realtime-1'],
        ...['redis', 'kafka', 'postgres'],
      ]
    : ['server', 'postgres'];
/** Those that clients wait for; `npm run chaos -- --rolling` takes all. */
const restarted = topology === 'split' ? ['identity', 'chat-1', 'realtime-1', 'gateway-1'] : ['server'];

const right = {
  lost: 0,
  duplicated: 0,
  holes: 0,
  reordered: 0,
  contradicted: 0,
  invented: 0,
  leaked: 0,
  unhealed: 0,
  problems: [],
};

/** A short run; `npm run chaos` is the long one. */
describe(`chaos (${topology})`, () => {
  let system: ChaosSystem;
  beforeAll(async () => {
    system = await (topology === 'split' ? startSplitSystem(findEngines()) : startAllInOne());
  }, 240_000);
  afterAll(() => system?.stop(), 60_000);

  const load = { seconds: topology === 'split' ? 1 : 3, people: 25, perSecond: 100 };

  test('whatever is killed, nothing acknowledged is lost, and everybody sees everything once and in order', async () => {
    const report = await runChaos(system, { ...load, victims });
    expect(report).toMatchObject(right);
    expect(report.victims.map(({ name }) => name)).toEqual(victims);
    expect(report.acked).toBe(report.sent);
    expect(report.delivered).toBeGreaterThan(report.sent);
  }, 900_000);

  test('a rolling restart is no error that a client would see', async () => {
    expect(await runChaos(system, { ...load, victims: restarted, rolling: true })).toMatchObject(right);
  }, 900_000);
});
