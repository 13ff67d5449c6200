import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runEngines } from './engines.ts';
import { freePort } from './free-port.ts';

/** Starts the engine's nginx in a folder of its own with this site, which listens on the port it is given. */
export async function startNginx(
  createSite: (listen: string) => string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'parley-nginx-'));
  chmodSync(dir, 0o755); // root's nginx works as another user
  const listen = `127.0.0.1:${await freePort()}`;
  mkdirSync(`${dir}/nginx/sites`, { recursive: true });
  writeFileSync(`${dir}/nginx/sites/parley.http.conf`, createSite(listen));
  await runEngines(['up', 'nginx', '--dir', dir, '--port', `nginx=${await freePort()}`]);
  return {
    url: `http://${listen}`,
    async stop() {
      await runEngines(['down', 'nginx', '--dir', dir]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
