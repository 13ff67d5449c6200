import { z } from 'zod';
import { parseTrustedProxies } from '../kernel/trusted-proxies.ts';
import { logLevels } from '../runtime/telemetry.ts';
import { type StoringService, storingServices } from './all-services.ts';
import { parseRegistryUrl } from './foundation/open-hub-registry.ts';
import { parseBusUrl } from './foundation/parse-bus-url.ts';
import { parseListens } from './parse-listens.ts';

const port = z.coerce.number('must be a port number').int().min(0).max(65535);
const count = z.coerce.number('must be a number').int().min(1);
const postgresUrl = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
    'must be a URL like postgres://user:password@host:5432/database, a password with @, / or # in it written as %40, %2F, %23',
  );
const hostAndPort = /^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i;
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** The scheme, host and port of a URL and nothing else. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return true; // Said already.
  const { origin, href } = new URL(text);
  return href === `${origin}/`;
}

/** As `parse` reads it; what it throws is what its owner is told. */
const parsed = <T>(parse: (text: string) => T) =>
  z.string().transform((text, ctx) => {
    try {
      return parse(text);
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

/** As it was given; the reason why it cannot be parsed is what its owner is told. */
const parsable = (parse: (text: string) => unknown) =>
  z.string().superRefine((text, ctx) => {
    try {
      parse(text);
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

interface Option<S extends z.ZodType> {
  readonly schema: S;
  /** As a user would write it; undefined: no value unless given. */
  readonly fallback?: string;
  readonly placeholder: string;
  readonly help: string;
  /** What it says may be secret, or hold a password: it is never printed. */
  readonly secret?: boolean;
}

const option = <S extends z.ZodType>(
  schema: S,
  placeholder: string,
  fallback: string | undefined,
  help: string,
): Option<S> => ({
  schema,
  placeholder,
  help,
  ...(fallback !== undefined && { fallback }),
});

type OwnDatabase = `${StoringService}-database-url`;

const secret = <S extends z.ZodType>(option: Option<S>): Option<S> => ({ ...option, secret: true });

/** For each service that keeps data. */
export const ownDatabaseNames = storingServices.map((service): OwnDatabase => `${service}-database-url`);

const ownDatabases = Object.fromEntries(
  storingServices.map((service) => [
    `${service}-database-url`,
    secret(option(postgresUrl.optional(), 'URL', undefined, `a database of its own for the ${service} service`)),
  ]),
) as Readonly<Record<OwnDatabase, Option<z.ZodOptional<typeof postgresUrl>>>>;

/** Every option of `parley serve`: `--flag value` on the command line, or PARLEY_FLAG in the environment. */
export const options = {
  port: option(port, 'PORT', '4000', 'HTTP: REST, sockets and the web application'),
  'grpc-port': option(port, 'PORT', '4001', 'the same services over gRPC, for the protocols that have a form of it'),
  'admin-port': option(port, 'PORT', '4002', 'metrics, /healthz and /readyz; not for the public'),
  'rpc-port': option(port, 'PORT', '4003', 'calls between the services of several processes; not for the public'),
  'admin-host': option(
    z.string().min(1),
    'ADDRESS',
    '127.0.0.1',
    'address of the admin port, whatever --host says; 0.0.0.0 for probes and metrics from elsewhere',
  ),
  host: option(z.string().min(1), 'ADDRESS', '127.0.0.1', 'address to listen on; 0.0.0.0 for all'),
  listen: option(
    parsed(parseListens),
    'PORT=PROTOCOL',
    '',
    'a port of its own for one protocol, as 4100=grpc:veigo; repeatable, in the environment with spaces between',
  ),
  'public-url': option(
    z
      .url({ protocol: /^https?$/ })
      .refine(isOrigin, 'must be like https://chat.example.org: it is not served under a path'),
    'URL',
    undefined,
    'how browsers reach this server, when a proxy stands before it',
  ),
  'allowed-origins': option(
    list
      .refine((items) => items.every((item) => /^https?:/i.test(item) && URL.canParse(item) && isOrigin(item)), {
        message: 'must be origins like https://app.example.org,https://other.example.org',
      })
      .transform((items) => items.map((item) => new URL(item).origin)),
    'ORIGINS',
    '',
    'front ends of other origins, comma-separated: their pages may call this server, with the session cookie too',
  ),
  'trust-proxy': option(
    parsed(parseTrustedProxies),
    'PROXIES',
    'false',
    'proxies before this server, whose X-Forwarded headers are believed: how many (true: 1), or their networks as 10.0.0.0/8,…',
  ),
  data: option(z.string().min(1), 'FOLDER', './data', 'embedded database, attachments, mail'),
  target: option(list, 'NAMES', 'all', 'what this process runs, comma-separated; see --list-targets'),
  discovery: option(
    list.refine((items) => items.every((item) => hostAndPort.test(item)), 'must be like host:4003,host:4003'),
    'ADDRESSES',
    '',
    'rpc addresses of the discovery service, comma-separated; every target but all needs them',
  ),
  advertise: option(
    z.string().regex(hostAndPort, 'must be like host:4003').optional(),
    'ADDRESS',
    undefined,
    "this process's rpc address as others reach it; none: --host and --rpc-port",
  ),
  instance: option(
    z
      .string()
      .regex(/^[\w.-]{1,60}$/, 'must be 1 to 60 letters, digits, dots or dashes')
      .optional(),
    'NAME',
    undefined,
    'a name that no other process has and that stays over restarts: its place at the broker is kept for it',
  ),
  'service-secret': secret(
    option(
      z.string().min(16, 'must have at least 16 characters').optional(),
      'SECRET',
      undefined,
      'what the processes of one system prove themselves with; better given as PARLEY_SERVICE_SECRET',
    ),
  ),
  'key-secret': secret(
    option(
      list.refine((items) => items.every((item) => item.length >= 16), 'must have at least 16 characters'),
      'SECRET',
      '',
      'what identity seals its signing keys with in the database; NEW,OLD to change it; better given as PARLEY_KEY_SECRET',
    ),
  ),
  'database-url': secret(
    option(postgresUrl.optional(), 'URL', undefined, 'PostgreSQL 15 or newer; none: the embedded one under --data'),
  ),
  ...ownDatabases,
  bus: secret(
    option(
      parsable(parseBusUrl),
      'WHICH',
      'memory',
      'transport of the change stream: memory, kafka://host:port[,…][/prefix] or amqp://user:password@host[/vhost][?prefix=…]',
    ),
  ),
  'bus-partitions': option(
    count.max(1_000),
    'COUNT',
    '8',
    'partitions of a topic, set by `parley migrate` for good; the same in every process',
  ),
  'bus-retention-hours': option(count, 'HOURS', '168', 'how long Kafka keeps changes, set by `parley migrate`'),
  registry: secret(
    option(
      parsable(parseRegistryUrl),
      'WHICH',
      'memory',
      'where hubs are registered: memory or redis://[user:password@]host[/database][?prefix=…]',
    ),
  ),
  ingest: option(
    z.enum(['direct', 'queue'], 'must be: direct or queue'),
    'WHICH',
    'direct',
    'how drafts reach the committer: direct, or by way of a durable queue on the bus',
  ),
  'ingest-producers': option(
    count.max(32),
    'COUNT',
    '1',
    'connections over which a process puts drafts into the queue',
  ),
  'ingest-consumers': option(count.max(32), 'COUNT', '2', 'batches of the queue of drafts in hand at once, in chat'),
  blobs: option(z.literal('disk', 'must be: disk'), 'WHICH', 'disk', 'where attachments are kept'),
  mail: option(
    z.literal('files', 'must be: files'),
    'WHICH',
    'files',
    'how mail is sent; files: under --data/mail, see `parley mail`',
  ),
  admins: option(list, 'USERNAMES', '', 'accounts that are administrators, comma-separated'),
  'sign-up': option(
    z.enum(['open', 'invited', 'closed']),
    'RULE',
    'open',
    'who creates accounts; open: everybody their own, invited: administrators, closed: only `parley account --create`',
  ),
  'access-token-seconds': option(count.max(86_400), 'SECONDS', '600', 'how long an access token lives'),
  'sends-per-second': option(count, 'COUNT', '200', 'messages one account may send per second, on average'),
  'sign-ins-per-minute': option(count, 'COUNT', '1200', 'sign-ups, sign-ins and recoveries from one address'),
  'max-attachment-mb': option(count.max(10_240), 'MEGABYTES', '25', 'largest attachment'),
  'attachment-quota-mb': option(count, 'MEGABYTES', '1024', 'room for the attachments of one account'),
  'commit-lanes': option(count.max(32), 'COUNT', '2', 'commits in flight at once'),
  'drain-seconds': option(
    z.coerce.number().min(0).max(600),
    'SECONDS',
    '0',
    'wait after turning not ready, for a balancer to notice',
  ),
  'log-level': option(z.enum(logLevels), 'LEVEL', 'info', 'debug, info, warn, error or silent'),
} as const;

export type OptionName = keyof typeof options;
export type Options = { readonly [K in OptionName]: z.output<(typeof options)[K]['schema']> };

export class OptionsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'OptionsError';
    this.problems = problems;
  }
}

export const envName = (name: string): string => `PARLEY_${name.replaceAll('-', '_').toUpperCase()}`;

/**
 * Command line over environment over default. Throws OptionsError with every problem at once: a value that does not fit, and
 * any PARLEY_ variable that means nothing (a misspelt one must not be ignored).
 */
export function parseOptions(
  given: Readonly<Record<string, string | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): Options {
  const problems: string[] = [];
  const known = new Set(Object.keys(options).map(envName));
  for (const name of Object.keys(env)) {
    if (name.startsWith('PARLEY_') && !known.has(name))
      problems.push(`${name}: there is no such option; see parley --help`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, { schema, fallback, secret }] of Object.entries(options) as [OptionName, Option<z.ZodType>][]) {
    const fromEnv = env[envName(name)];
    const text = given[name] ?? fromEnv ?? fallback;
    if (text === undefined) continue;
    const parsed = schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else {
      const source = given[name] !== undefined ? `--${name}` : envName(name);
      const said = secret ? '' : ` ${JSON.stringify(text)}`;
      problems.push(`${source}${said}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
    }
  }
  if (problems.length > 0) throw new OptionsError(problems);
  return values as Options;
}
