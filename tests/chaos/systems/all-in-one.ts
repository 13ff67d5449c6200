import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startServer, type TestServer, until } from '../../harness/index.ts';
import type { ChaosSystem } from '../chaos-system.ts';

/** Minutes: a database that replays its log on a busy machine. */
const patienceMs = 180_000;

/** One process and its embedded PostgreSQL. Access tokens are short, so that many are renewed while things fail. */
export async function startAllInOne(): Promise<ChaosSystem> {
  const server = await startServer({ flags: { 'access-token-seconds': '20' } });
  let postmaster = 0;
  return {
    url: server.url,
    victims: () => [
      {
        name: 'server',
        kill: async () => void (await server.kill('SIGKILL')),
        back: () => server.start(),
        async restart() {
          const code = await server.kill('SIGTERM');
          if (code !== 0) throw new Error(`the server ended with code ${code} after SIGTERM:\n${server.log()}`);
          await server.start();
        },
      },
      {
        name: 'postgres',
        async kill() {
          postmaster = postmasterOf(server);
          process.kill(postmaster, 'SIGKILL');
        },
        back: async () =>
          void (await until(
            'PostgreSQL is back',
            async () => postmasterOf(server) !== postmaster && (await isReady(server)),
            patienceMs,
          )),
      },
    ],
    log: () => server.log(),
    stop: () => server.stop(),
  };
}

/** The embedded PostgreSQL's own pid file says it; 0: there is none at the moment. */
function postmasterOf(server: TestServer): number {
  try {
    return Number(readFileSync(path.join(server.data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
}

async function isReady(server: TestServer): Promise<boolean> {
  const answer = await fetch(`${server.adminUrl}/readyz`).catch(() => null);
  return answer?.status === 200;
}
