import {
  sendsPerSecond as cpuRate,
  type DeliveryCost,
  measureCpu,
  membersPerGroup,
} from '../cluster/cpu-per-delivery.ts';
import { type BenchCluster, type BrokerName, measureBrokerFloor, withCluster } from '../cluster/open-cluster.ts';
import { type AcrossDelays, measureAcross, receiversPerGroup, sendsPerSecond } from '../cluster/send-across.ts';
import { type Restart, timeRestarts } from '../cluster/time-restarts.ts';
import { signUpAdmin } from '../load/people.ts';
import type { Figure, Measure } from './measure.ts';

/** Every service a process of its own: what crosses processes, what a second hub costs, how soon a killed one is back. */
export const cluster: Measure = {
  name: 'cluster',
  help: `several processes: ${sendsPerSecond} sends/s across two realtime over Kafka and RabbitMQ, CPU per delivery, restarts`,
  async run(progress) {
    if (!process.env.PARLEY_TEST_POSTGRES_URL) {
      progress('left out: there are no engines (`npm run engines -- up` says what is missing)');
      return [];
    }
    const figures: Figure[] = [];
    // One that fails takes no other's figures with it.
    const part = async (what: string, work: () => Promise<void>): Promise<void> => {
      progress(what);
      await work().catch((error: unknown) => {
        progress(`not measured: ${error instanceof Error ? error.message : error}`);
        process.exitCode = 1;
      });
    };
    let one: DeliveryCost | null = null;
    await part('over Kafka, one realtime', () =>
      withCluster('kafka', 1, async (running) => {
        one = await measureCpu(running, await signUpAdmin(running.cluster), progress);
      }),
    );
    await part('over Kafka, two realtime', () =>
      withCluster('kafka', 2, async (running) => {
        const admin = await signUpAdmin(running.cluster);
        // first, as with one: what has run for a while costs less
        if (one) figures.push(...cpuFigures(one, await measureCpu(running, admin, progress)));
        figures.push(...(await across('kafka', running, admin, progress)));
        for (const restart of await timeRestarts(running.cluster, progress)) figures.push(restartFigure(restart));
      }),
    );
    await part('over RabbitMQ, two realtime', () =>
      withCluster('rabbitmq', 2, async (running) => {
        figures.push(...(await across('rabbitmq', running, await signUpAdmin(running.cluster), progress)));
      }),
    );
    return figures;
  },
};

async function across(
  broker: BrokerName,
  running: BenchCluster,
  admin: string,
  progress: (line: string) => void,
): Promise<Figure[]> {
  const delays = await measureAcross(running, admin, progress);
  return acrossFigures(broker, delays, await measureBrokerFloor(broker, sendsPerSecond));
}

const titles = { kafka: 'Kafka', rabbitmq: 'RabbitMQ' } as const;

function acrossFigures(
  broker: BrokerName,
  { p50, p99, receipts, expected }: AcrossDelays,
  floor: { readonly p50: number; readonly p99: number },
): Figure[] {
  const what = `send to receipt across two realtime over ${titles[broker]}`;
  const trip = `produce to consume of one record, ${sendsPerSecond}/s`;
  const note = `${sendsPerSecond} sends/s to ${receiversPerGroup} members at the other process; ${receipts} receipts of ${expected}`;
  return [
    { what: `${what}, p50`, value: p50, unit: 'ms', target: null, floor: { value: floor.p50, what: trip } },
    {
      what: `${what}, p99`,
      value: p99,
      unit: 'ms',
      target: { bound: 'at most', value: 150 },
      floor: { value: floor.p99, what: trip },
      note,
    },
  ];
}

/** The floor is one realtime process: the ratio says what the second costs. */
export function cpuFigures(one: DeliveryCost, two: DeliveryCost): Figure[] {
  const note = `groups of ${membersPerGroup}, ${cpuRate} sends/s, ${two.deliveries} deliveries`;
  return [
    {
      what: 'CPU per delivery with two realtime, these processes',
      value: two.realtime,
      unit: 'µs',
      target: { bound: 'at most', value: one.realtime * 1.25 },
      floor: { value: one.realtime, what: 'with one' },
      note,
    },
    {
      what: 'the same with the router',
      value: two.withRouter,
      unit: 'µs',
      target: { bound: 'at most', value: one.withRouter * 1.25 },
      floor: { value: one.withRouter, what: 'with one' },
    },
  ];
}

const restartFigure = ({ target, seconds }: Restart): Figure => ({
  what: `${target} ready again after SIGKILL`,
  value: seconds,
  unit: 's',
  target: { bound: 'at most', value: 5 },
  floor: null,
});
