import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinAddress } from '../join-address.ts';
import type { Options } from '../options.ts';
import { createNginxConfig } from './nginx-config.ts';
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
  endLeftover(folder);
  const of = (target: string, port: 'httpPort' | 'grpcPort'): string[] =>
    planned.filter((one) => one.target === target).map((one) => joinAddress(options.host, one[port] as number));
  const site = createNginxConfig({
    listen: joinAddress(options.host, options.port),
    gateways: of('gateway', 'httpPort'),
    realtimes: of('realtime', 'httpPort'),
    grpc: { listen: joinAddress(options.host, options['grpc-port']), gateways: of('gateway', 'grpcPort') },
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

/** A cluster that was killed could not end its nginx, which would keep the port and point at instances that are no more. */
function endLeftover(folder: string): void {
  const file = path.join(folder, 'nginx.pid');
  const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (!/^[1-9]\d*$/.test(pid)) return;
  try {
    const command = execFileSync('ps', ['-o', 'command=', '-p', pid], { encoding: 'utf8' });
    // the number may be another process's by now
    if (command.includes('nginx') && command.includes(folder)) process.kill(Number(pid), 'SIGKILL');
  } catch {
    // it runs no more
  }
}

/** A single process: a worker would outlive a master that is killed, keep the port and serve the old instances. */
function createMainConfig(folder: string, site: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 9000; }
http {
${kinds.map((kind) => `  ${kind}_temp_path ${folder}/${kind};`).join('\n')}
${site}}
`;
}
