import { type ErrorCode, fail } from '../../kernel/errors.ts';
import { problemType, toProblem } from '../../runtime/http-problem.ts';
import { type LivePath, listLivePaths } from './live-paths.ts';

export interface NginxSite {
  /** As nginx's `listen` takes it: `8080`, `127.0.0.1:8090`. */
  readonly listen: string;
  /** `host:port` of the gateways' and realtimes' HTTP ports; at least one each. */
  readonly gateways: readonly string[];
  readonly realtimes: readonly string[];
  /** The public's gRPC, on a port of its own; none: not let through. */
  readonly grpc?: { readonly listen: string; readonly gateways: readonly string[] };
  /**
   * A DNS server that nginx asks anew for names that stand for several or changing addresses (nginx 1.27.3 or newer); none: names
   * are looked up once, when nginx starts.
   */
  readonly resolver?: string;
  /** `--max-attachment-mb` of the gateways, in megabytes. */
  readonly maxAttachmentMb?: number;
}

/**
 * A site for nginx, to be included at the level of `http`: everything goes to the gateways, upgrades at a socket's path, and streams,
 * to the realtimes. Throws on an address that is none.
 */
export function createNginxConfig(site: NginxSite, paths: readonly LivePath[] = listLivePaths()): string {
  const sockets = paths.filter(({ kind }) => kind === 'socket');
  const streams = paths.filter(({ kind }) => kind === 'stream');
  return `# One balancer before Parley's gateways and realtimes. Written by createNginxConfig (server/src/main/cluster/nginx-config.ts).
${site.resolver ? `resolver ${site.resolver} valid=5s;\n` : ''}
${upstream('parley_gateways', site.gateways, 'max_fails=1 fail_timeout=2s', site)}
${upstream('parley_realtimes', site.realtimes, 'max_fails=0', site)}
map "$http_upgrade $uri" $parley_upstream {
  default parley_gateways;
${sockets.map(({ pattern }) => `  "~^(?i:websocket) ${toRegex(pattern)}$" parley_realtimes;`).join('\n')}
${streams.map(({ pattern }) => `  "~ ${toRegex(pattern)}$" parley_realtimes;`).join('\n')}
}

# Without an upgrade the header is left out, which keeps connections to the upstreams alive.
map $http_upgrade $parley_connection {
  default upgrade;
  '' '';
}

server {
  listen ${site.listen};
  server_name _;
  server_tokens off;
  access_log off;
  client_max_body_size ${(site.maxAttachmentMb ?? 25) + 1}m;
  # As large as the program takes them: what is too long for a token is for it to refuse.
  large_client_header_buffers 4 16k;

  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $parley_connection;

  # Set, not added to: what a client claims to have been forwarded for must not be believed.
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;

  # A request that an upstream may have begun to carry out is repeated only when its method is idempotent (nginx's default);
  # one that could not be handed over goes to the next in any case.
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 3;
  proxy_next_upstream_timeout 10s;
  proxy_connect_timeout 2s;

  # Every request is answered within ten seconds: who has not by then stands still.
  proxy_read_timeout 15s;
  proxy_send_timeout 15s;

  location / {
    proxy_pass http://$parley_upstream;
  }
${sockets.map(socketLocation).join('')}
  # A socket says something at least every 25 seconds. An opening that its client has given up is still waited for, so that it
  # counts: else a realtime that stands still, left by everybody, has the fewest connections and draws all who come again.
  error_page 418 = @socket;
  recursive_error_pages on;
  location @socket {
    proxy_pass http://$parley_upstream;
    proxy_read_timeout 75s;
    proxy_send_timeout 75s;
    proxy_ignore_client_abort on;
  }
${streams.map(streamLocation).join('')}
  location = /nginx-alive {
    return 200 "alive\\n";
  }

  # What nginx itself has to refuse is refused in the words of the API.
  error_page 413 = @too_large;
  error_page 502 504 = @unavailable;
  # By a path: what could not be read has no URI that could be handed to a name.
  error_page 400 405 414 494 = /parley-invalid;
  location = /parley-invalid {
    internal;
${refusal('request.invalid')}
  }
  location @too_large {
${refusal('request.too_large')}
  }
  location @unavailable {
    add_header Retry-After 1 always;
${refusal('service.unavailable')}
  }
}
${site.grpc ? grpcServer(site.grpc, site) : ''}`;
}

/** What nginx itself has to refuse is for gRPC to read from the status of HTTP: 502 and 504 are UNAVAILABLE. */
function grpcServer({ listen, gateways }: NonNullable<NginxSite['grpc']>, site: NginxSite): string {
  return `
${upstream('parley_grpc', gateways, 'max_fails=1 fail_timeout=2s', site)}
server {
  listen ${listen} http2;
  server_name _;
  server_tokens off;
  access_log off;
  # How large a message may be is for the gateway to say; a call may bring one.
  client_max_body_size 2m;

  grpc_set_header X-Forwarded-For $remote_addr;
  grpc_next_upstream error timeout;
  grpc_next_upstream_tries 3;
  grpc_next_upstream_timeout 10s;
  grpc_connect_timeout 2s;
  grpc_read_timeout 15s;
  grpc_send_timeout 15s;

  location / {
    grpc_pass grpc://parley_grpc;
  }
}
`;
}

/** Sockets share their paths with pages and requests, and wait differently: no answer of ours has the status 418. */
function socketLocation({ pattern }: LivePath): string {
  return `
  location ${toLocation(pattern)} {
    if ($parley_upstream = parley_realtimes) {
      return 418;
    }
    proxy_pass http://$parley_upstream;
  }
`;
}

/** A stream says something as often as a socket; what it says is passed on at once, and it ends with its client. */
function streamLocation({ pattern }: LivePath): string {
  return `
  location ${toLocation(pattern)} {
    proxy_pass http://$parley_upstream;
    proxy_buffering off;
    proxy_read_timeout 75s;
    proxy_send_timeout 75s;
  }
`;
}

/** A path without parameters is compared as it is, which nginx does before anything else. */
function toLocation(pattern: string): string {
  return /[:*]/.test(pattern) ? `~ "^${toRegex(pattern)}$"` : `= ${pattern}`;
}

/** What a pattern matches, in the words of PCRE. */
function toRegex(pattern: string): string {
  return pattern
    .split('/')
    .map((segment) =>
      segment === '*' ? '.*' : segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
}

/**
 * The zone lets all workers of nginx share what they know about an upstream that has failed. nginx forgives a failure when a
 * request has ended, which a socket does not for hours: until then a realtime that came back would be given one socket every
 * two seconds, and nobody else would be let in while the others are away. So the failures of realtimes are not counted.
 */
function upstream(name: string, addresses: readonly string[], failures: string, { resolver }: NginxSite): string {
  if (addresses.length === 0) throw new Error(`${name} needs at least one address`);
  const servers = addresses.map((address) => {
    if (!/^([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i.test(address))
      throw new Error(`not host:port: ${JSON.stringify(address)}`);
    return `  server ${address} ${failures}${resolver ? ' resolve' : ''};`;
  });
  return `upstream ${name} {
  zone ${name} 64k;
  least_conn;
${servers.join('\n')}
  keepalive 64;
}
`;
}

function refusal(code: ErrorCode): string {
  const problem = toProblem(fail(code));
  return `    default_type "${problemType}";
    return ${problem.status} '${JSON.stringify(problem).replaceAll("'", "\\'")}';`;
}
