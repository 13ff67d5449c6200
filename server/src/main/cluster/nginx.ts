import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createNginxConfig } from '../nginx-config.ts';
import type { Options } from '../options.ts';
import type { Planned } from './plan-cluster.ts';
import { type Supervisor, supervise } from './supervise.ts';

interface NginxOptions {
  readonly options: Options;
  readonly planned: readonly Planned[];
  onLine(line: string): void;
  onChange(): void;
}

/** nginx on the public port, before the gateways and realtimes of a cluster on this machine. */
export function superviseNginx({ options, planned, onLine, onChange }: NginxOptions): Supervisor {
  const folder = path.resolve(options.data, 'nginx');
  mkdirSync(folder, { recursive: true });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const of = (target: string): string[] =>
    planned.filter((one) => one.target === target).map(({ httpPort }) => `${host}:${httpPort}`);
  const site = createNginxConfig({
    listen: `${host}:${options.port}`,
    gateways: of('gateway'),
    realtimes: of('realtime'),
    maxAttachmentMb: options['max-attachment-mb'],
  });
  writeFileSync(path.join(folder, 'nginx.conf'), createMainConfig(folder, site));
  return supervise({
    name: 'nginx',
    command: existsSync(nginx) ? nginx : 'nginx',
    args: ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr'],
    env: process.env,
    readyLine: null,
    onLine,
    onChange,
  });
}

/** Debian keeps it where only root looks. */
const nginx = '/usr/sbin/nginx';

function createMainConfig(folder: string, site: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 9000; }
http {
${kinds.map((kind) => `  ${kind}_temp_path ${folder}/${kind};`).join('\n')}
${site}}
`;
}
