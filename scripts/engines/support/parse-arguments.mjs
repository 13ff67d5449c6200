import { root } from '../../setup/paths.mjs';

const usage = 'Use: npm run engines -- up|down|status [name …] [--dir FOLDER] [--port NAME=PORT …]';

/** The engines run as users of their own when we are root: a clone below a closed home would be out of their reach. */
export const defaultDir = process.getuid?.() === 0 ? '/var/lib/parley/engines' : `${root}/.cache/engines`;

/**
 * @param {readonly string[]} args
 * @param {readonly {name: string}[]} engines
 * @returns {{command: 'up'|'down'|'status', chosen: readonly object[], dir: string, ports: Record<string, number>}}
 *   throws a message for people
 */
export function parseArguments(args, engines) {
  const rest = [...args];
  const command = rest.shift();
  if (!['up', 'down', 'status'].includes(command)) throw new Error(usage);
  const known = engines.map((engine) => engine.name);
  const names = [];
  const ports = {};
  let dir = defaultDir;
  while (rest.length) {
    const word = rest.shift();
    if (word === '--dir') {
      dir = rest.shift() ?? '';
      if (!dir.startsWith('/')) throw new Error(`--dir needs an absolute path. ${usage}`);
    } else if (word === '--port') {
      const [, name, port] = /^([a-z]+)=(\d+)$/.exec(rest.shift() ?? '') ?? [];
      if (!known.includes(name) || Number(port) < 1 || Number(port) > 65_000) {
        throw new Error(`--port needs NAME=PORT (1 to 65000), with one of ${known.join(', ')}. ${usage}`);
      }
      ports[name] = Number(port);
    } else if (known.includes(word)) names.push(word);
    else throw new Error(`There is no engine ${word}; there are: ${known.join(', ')}. ${usage}`);
  }
  const chosen = names.length ? engines.filter((engine) => names.includes(engine.name)) : engines;
  return { command, chosen, dir, ports };
}
