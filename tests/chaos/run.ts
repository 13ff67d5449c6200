import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ChaosSystem } from './chaos-system.ts';
import { type ChaosReport, isRight, runChaos } from './run-chaos.ts';
import { startAllInOne } from './systems/all-in-one.ts';
import { startSplitWithEngines } from './systems/split.ts';

/** The shapes that can be run; `bus` is what `--bus` says. */
const systems: Readonly<Record<string, (bus: string | undefined) => Promise<ChaosSystem>>> = {
  'all-in-one': startAllInOne,
  split: startSplitWithEngines,
};

const help = `npm run chaos -- [--seconds N] [--victims a,b] [--rolling] [--system NAME] [--json]

Steady load from people on the SDK while one part after the other is killed (SIGKILL) and comes back; then everything that was
sent, acknowledged and seen is held against the history. Exit code 1 when a promise was broken.

  --seconds N     of load after each victim is back, before the next (default 20)
  --victims a,b   only these (default: all; --list names them)
  --rolling       a rolling restart instead: SIGTERM to each service in turn
  --system NAME   ${Object.keys(systems).join(', ')} (default all-in-one)
  --bus NAME      kafka or rabbitmq, for split (default kafka)
  --people N      (default 50)
  --rate N        messages per second of all together (default 200)
  --log FILE      keep what the processes said
  --list          name the victims and end
  --json          nothing but the last line, which is one line of JSON`;

function parseCommand() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      victims: { type: 'string' },
      rolling: { type: 'boolean', default: false },
      system: { type: 'string', default: 'all-in-one' },
      bus: { type: 'string' },
      people: { type: 'string', default: '50' },
      rate: { type: 'string', default: '200' },
      log: { type: 'string' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const start = systems[values.system];
  if (!start) throw new Error(`--system ${values.system}: there are ${Object.keys(systems).join(', ')}.`);
  const count = (name: 'seconds' | 'people' | 'rate', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name} ${values[name]}: a whole number from ${least}.`);
    return value;
  };
  return {
    ...values,
    start,
    seconds: count('seconds', 1),
    people: count('people', 2),
    rate: count('rate', 1),
    victims: values.victims?.split(',').filter(Boolean),
  };
}

/** Victims, counts, seconds: one line, for people and programs alike. */
function summarize({
  victims,
  sent,
  acked,
  delivered,
  problems: _,
  seconds,
  unhealed,
  ...breaches
}: ChaosReport): string {
  return JSON.stringify({ victims, sent, acked, delivered, ...breaches, unhealed, seconds });
}

async function main(): Promise<number> {
  const command = parseCommand();
  if (command.help) {
    console.log(help);
    return 0;
  }
  const tell = (line: string) => void (command.json || console.error(line));
  tell(`starting ${command.system}`);
  const system = await command.start(command.bus);
  // Engines outlive whoever started them: an interrupted run must not leave them behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void system.stop().finally(() => process.exit(2)));
  }
  try {
    if (command.list) {
      console.log(
        system
          .victims()
          .map(({ name, restart }) => `${name}${restart ? ' (also --rolling)' : ''}`)
          .join('\n'),
      );
      return 0;
    }
    const report = await runChaos(system, { ...command, perSecond: command.rate, tell });
    for (const problem of report.problems) tell(problem);
    console.log(summarize(report));
    return isRight(report) ? 0 : 1;
  } finally {
    if (command.log) await writeFile(command.log, system.log());
    await system.stop();
  }
}

process.exitCode = await main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
