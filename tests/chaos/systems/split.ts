import { type Cluster, type Engines, startSplit, until } from '../../harness/index.ts';
import type { ChaosSystem, Victim } from '../chaos-system.ts';
import { startOwnEngines } from './own-engines.ts';

const brokers = ['kafka', 'rabbitmq'];
const patienceMs = 180_000;

/** `parley cluster` over engines of its own, which can be killed too. */
export async function startSplitWithEngines(bus = 'kafka'): Promise<ChaosSystem> {
  if (!brokers.includes(bus)) throw new Error(`--bus ${bus}: must be one of ${brokers.join(', ')}.`);
  const engines = await startOwnEngines(['postgres', 'redis', bus, 'nginx']);
  try {
    const urls = { postgres: engines.urlOf('postgres'), redis: engines.urlOf('redis'), bus: engines.urlOf(bus) };
    const cluster = await startSplitSystem(urls);
    return {
      ...cluster,
      victims: () => [...cluster.victims(), ...['redis', bus, 'postgres'].map((name) => engines.victim(name))],
      async stop() {
        await cluster.stop().finally(engines.stop);
      },
    };
  } catch (error) {
    await engines.stop();
    throw error;
  }
}

/**
 * `parley cluster`: every service a process, two of what people wait for. Its supervisor starts again what is killed. The
 * engines may be others' too: they are no victims.
 */
export async function startSplitSystem(engines: Engines): Promise<ChaosSystem> {
  const cluster = await startSplit(engines, { flags: { 'access-token-seconds': '20' } });
  const services = cluster.processes().filter(({ planned }) => planned);
  return {
    url: cluster.url,
    victims: () => services.map(({ name }) => serviceVictim(cluster, name)),
    log: () => cluster.log(),
    stop: () => cluster.stop(),
  };
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
