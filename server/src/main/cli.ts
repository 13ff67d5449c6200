#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { AccountChange } from './commands/run-account.ts';
import {
  envName,
  type OptionName,
  type Options,
  OptionsError,
  options,
  ownDatabaseNames,
  parseOptions,
} from './options.ts';

/**
 * The command line. Exit codes: 0 done, 1 failed, 2 wrong usage. Commands are imported when they are called: `--help` must not
 * load a database driver.
 */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('parley')
  .description('A self-hosted real-time chat platform.')
  .version(version)
  .showHelpAfterError('(see parley --help)')
  .option('--list-targets', 'what --target can name')
  .action(async (given: { listTargets?: boolean }) => {
    if (!given.listTargets) program.help();
    const { targets } = await import('./targets.ts');
    for (const [name, help] of Object.entries(targets)) console.log(`${name.padEnd(10)} ${help}`);
  });

const database: OptionName[] = ['data', 'database-url', ...ownDatabaseNames, 'log-level'];

/** A command that takes the named options as flags or PARLEY_ variables. */
function command(name: string, help: string, names: readonly OptionName[]): Command {
  const built = program.command(name).description(help);
  for (const option of names) {
    const {
      placeholder,
      fallback,
      help: text,
    } = options[option] as { placeholder: string; fallback?: string; help: string };
    const shown = new Option(`--${option} <${placeholder.toLowerCase()}>`, `${text} [${envName(option)}]`);
    // The one that may be given several times: as if all had been given at once.
    if (option === 'listen') shown.argParser((value, before?: string) => (before ? `${before} ${value}` : value));
    built.addOption(fallback ? shown.default(undefined, fallback) : shown);
  }
  return built;
}

/** The flags of the table that were given, by name. */
function givenFlags(built: Command): Record<string, string> {
  const given: Record<string, string> = {};
  for (const option of built.options) {
    const value = built.getOptionValue(option.attributeName()) as string | undefined;
    if (option.name() in options && value !== undefined) given[option.name()] = value;
  }
  return given;
}

const settings = (built: Command): Options => parseOptions(givenFlags(built), process.env);

const serve = command('serve', 'run the server (the default of npm start)', Object.keys(options) as OptionName[]);
serve.action(async () => (await import('./serve.ts')).serve(settings(serve), version));

const ofEachProcess: OptionName[] = [
  'target',
  'admin-port',
  'rpc-port',
  'listen',
  'discovery',
  'advertise',
  'instance',
  'trust-proxy',
];
const cluster = command(
  'cluster',
  'run every service as a process of its own on this machine, nginx in front',
  (Object.keys(options) as OptionName[]).filter((name) => !ofEachProcess.includes(name)),
).option(
  '--instances <counts>',
  'how many of which, as chat=3,realtime=2; 2 of chat, realtime and gateway unless said',
);
cluster.action(async ({ instances = '' }: { instances?: string }) => {
  const [{ runCluster }, { parseInstances }] = await Promise.all([
    import('./cluster/run-cluster.ts'),
    import('./cluster/plan-cluster.ts'),
  ]);
  const given = { options: settings(cluster), given: givenFlags(cluster) };
  await runCluster({ ...given, instances: parseInstances(instances), version });
});

const broker: OptionName[] = ['bus', 'bus-partitions', 'bus-retention-hours'];
const migrate = command('migrate', 'bring the databases and the broker to this version', [...database, ...broker]);
migrate.action(async () => (await import('./commands/run-migrate.ts')).runMigrate(settings(migrate)));

const backup = command('backup', 'write everything to one file; the server may be running', database).argument(
  '<file>',
  'where to',
);
backup.action(async (file: string) =>
  (await import('./commands/run-backup.ts')).runBackup(settings(backup), file, version),
);

const restore = command('restore', 'bring a backup back into an empty database', database)
  .argument('<file>', 'a file of `parley backup`')
  .option('--force', 'empty the database first');
restore.action(async (file: string, given: { force?: boolean }) =>
  (await import('./commands/run-backup.ts')).runRestore(settings(restore), file, given.force === true),
);

const doctor = command('doctor', 'check the database and the disk, and say what is lost without each', database);
doctor.action(async () => (await import('./commands/run-doctor.ts')).runDoctor(settings(doctor)));

const account = command('account', 'list accounts, create one, or change one', database)
  .argument('[username]', 'none: list the newest')
  .option('--create', 'create it, with a password that is shown once')
  .option('--email <address>', 'of the one that is created')
  .option('--admin <boolean>', 'make an administrator, or no longer')
  .option('--suspend <boolean>', 'suspend, or lift a suspension');
account.action(async (username: string | undefined, given: AccountChange) =>
  (await import('./commands/run-account.ts')).runAccount(settings(account), username, given),
);

const mail = command('mail', 'show the mail that was sent', ['data']).argument(
  '[number]',
  'which, 1 the newest; none: list',
);
mail.action(async (number: string | undefined) =>
  (await import('./commands/run-mail.ts')).runMail(settings(mail), number),
);

const rebuild = command('rebuild', 'fill a projection anew from what it is made of', database).argument(
  '<projection>',
  'search or people',
);
rebuild.action(async (projection: string) =>
  (await import('./commands/run-rebuild.ts')).runRebuild(settings(rebuild), projection),
);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof OptionsError) {
    console.error(
      `parley: ${error.problems.length === 1 ? 'an option is wrong' : `${error.problems.length} options are wrong`}`,
    );
    for (const problem of error.problems) console.error(`  ${problem}`);
    process.exit(2);
  }
  console.error(`parley: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
