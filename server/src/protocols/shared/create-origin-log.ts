import type { Log } from '../../kernel/log.ts';
import type { RefusedOrigin } from './same-origin.ts';

/** Longer ones are cut, and after so many nothing more is said: nobody can fill the log from outside. */
const longest = 200;
const mostOrigins = 20;

/** One line for each origin whose pages were refused, with what to do about it. */
export function createOriginLog(log: Log): (refused: RefusedOrigin) => void {
  const told = new Set<string>();
  return ({ origin, host }) => {
    const name = origin.slice(0, longest);
    if (told.has(name) || told.size >= mostOrigins) return;
    told.add(name);
    log.warn(
      { origin: name, host: host.slice(0, longest) },
      'a page of another origin was refused; if it is ours, start with --public-url <origin> (a proxy changes the Host) or --allowed-origins <origin>',
    );
  };
}
