import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { installPackages, stopService } from './support/packages.mjs';
import {
  ask,
  describeProcess,
  makeFolder,
  readProcess,
  requireFreePort,
  startProcess,
  stopProcess,
  userOf,
  waitUntilReady,
} from './support/processes.mjs';

export const name = 'nginx';
export const defaultPort = 8090;

const program = '/usr/sbin/nginx';
const urlOf = (port) => `http://127.0.0.1:${port}`;

export async function install(log) {
  await installPackages(['nginx-light'], () => existsSync(program), log);
  await stopService('nginx');
}

export async function up({ dir, port, log }) {
  const running = readProcess(dir);
  if (running) return { url: urlOf(running.port) };
  await requireFreePort(port, name);
  log('starting …');
  const user = userOf('www-data');
  makeFolder(dir, user);
  mkdirSync(`${dir}/sites`, { recursive: true });
  writeFileSync(`${dir}/nginx.conf`, writeSettings(dir, port));
  startProcess({ dir, port, command: program, args: ['-p', dir, '-c', `${dir}/nginx.conf`], user });
  await waitUntilReady(
    dir,
    async () => (await ask(port, 'GET /nginx-alive HTTP/1.0\r\n\r\n'))?.startsWith('HTTP/1.1 200') === true,
  );
  return { url: urlOf(port) };
}

/** `sites/*.http.conf` (upstreams) and `sites/*.server.conf` (locations) are read where their names say. */
function writeSettings(dir, port) {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = folders.map((folder) => `  ${folder}_temp_path ${dir}/temporary-${folder};`).join('\n');
  return `daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log stderr;
events { worker_connections 10000; }
http {
${temporary}
  access_log off;
  include ${dir}/sites/*.http.conf;
  server {
    listen 127.0.0.1:${port};
    location = /nginx-alive { return 200 "alive\\n"; }
    include ${dir}/sites/*.server.conf;
  }
}
`;
}

export const down = ({ dir }) => stopProcess(dir, 'SIGQUIT', 5_000);

export const status = async ({ dir }) => describeProcess(dir, urlOf);
