import { type Cluster, type Engines, startSplit, until } from '../../harness/index.ts';
import type { ChaosSystem, Victim } from '../chaos-system.ts';
import { engineVictims, startOwnEngines } from './own-engines.ts';

const brokers = ['kafka', 'rabbitmq'];
const patienceMs = 180_000;

/** `parley cluster` over engines of its own. */
export async function startSplitWithEngines(bus = 'kafka'): Promise<ChaosSystem> {
  if (!brokers.includes(bus)) throw new Error(`--bus ${bus}: must be one of ${brokers.join(', ')}.`);
  const engines = await startOwnEngines(bus);
  try {
    const cluster = await startSplitSystem(engines);
    return { ...cluster, stop: () => cluster.stop().finally(engines.stop) };
  } catch (error) {
    await engines.stop();
    throw error;
  }
}

/**
 * `parley cluster`: every service a process, two of what people wait for. Its supervisor starts again what is killed. The
 * engines are victims as well where it is known how to bring them back; nobody else may use them then.
 */
export async function startSplitSystem(engines: Engines): Promise<ChaosSystem> {
  const cluster = await startSplit(engines, { flags: { 'access-token-seconds': '20' } });
  const services = cluster.processes().filter(({ planned }) => planned);
  const victims = [...services.map(({ name }) => serviceVictim(cluster, name)), ...engineVictims(engines)];
  return { url: cluster.url, victims: () => victims, log: () => cluster.log(), stop: () => cluster.stop() };
}

function serviceVictim(cluster: Cluster, name: string): Victim {
  let ended = 0;
  const find = () => cluster.processes().find((process) => process.name === name);

  function end(signal: NodeJS.Signals): void {
    ended = find()?.pid ?? 0;
    if (ended === 0) throw new Error(`${name} had ended before anybody killed it:\n${cluster.log().slice(-4_000)}`);
    process.kill(ended, signal);
  }

  async function back(): Promise<void> {
    const isBack = () => {
      const now = find();
      return now?.state === 'ready' && now.pid !== ended;
    };
    await until(`${name} is back`, isBack, patienceMs);
  }

  return {
    name,
    kill: async () => end('SIGKILL'),
    back,
    async restart() {
      end('SIGTERM');
      await back();
    },
  };
}
