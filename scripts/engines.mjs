/**
 * `npm run engines -- up|down|status [name …] [--dir FOLDER] [--port NAME=PORT …]`: PostgreSQL, Redis, RabbitMQ, nginx (and
 * every other module of scripts/engines/) as ordinary processes on loopback ports, for machines without a container runtime.
 * `up` installs what is missing from Debian's packages when it may, and prints one NAME=URL line each on stdout.
 */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { listEngines } = await import('./engines/support/list-engines.mjs');
const { parseArguments } = await import('./engines/support/parse-arguments.mjs');
const { describeStatus } = await import('./engines/support/describe-status.mjs');

const began = performance.now();
const log = (text) => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

try {
  const { command, chosen, dir, ports } = parseArguments(process.argv.slice(2), await listEngines());
  const commands = {
    up: () => up(chosen, dir, ports),
    down: () => down(chosen, dir),
    status: () => status(chosen, dir),
  };
  await commands[command]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** One broken engine does not keep the others from coming up; it is told at the end. */
async function up(engines, dir, ports) {
  const problems = [];
  for (const engine of engines) {
    const say = (text) => log(`${engine.name}: ${text}`);
    try {
      await engine.install(say);
      const { url } = await engine.up({
        dir: `${dir}/${engine.name}`,
        port: ports[engine.name] ?? engine.defaultPort,
        log: say,
      });
      say(`ready at ${url}`);
      console.log(`${engine.name.toUpperCase()}=${url}`);
    } catch (error) {
      problems.push(`${engine.name}: ${error.message}`);
    }
  }
  if (problems.length) throw new Error(problems.join('\n'));
}

async function down(engines, dir) {
  const problems = [];
  for (const engine of engines.toReversed()) {
    try {
      await engine.down({ dir: `${dir}/${engine.name}` });
      log(`${engine.name}: stopped`);
    } catch (error) {
      problems.push(`${engine.name}: ${error.message}`);
    }
  }
  if (problems.length) throw new Error(problems.join('\n'));
}

/** Exit code 1 when one of them is not running. */
async function status(engines, dir) {
  const rows = [];
  for (const engine of engines)
    rows.push({ name: engine.name, ...(await engine.status({ dir: `${dir}/${engine.name}` })) });
  console.log(describeStatus(rows, dir));
  if (rows.some((row) => !row.running)) process.exitCode = 1;
}
