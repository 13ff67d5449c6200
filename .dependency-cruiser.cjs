/**
 * Who may import whom (docs/architecture/overview.md). Every rule has a probe in scripts/walls/probes.mjs that trips that rule
 * and no other; `npm run check` runs both. Cycles are found in scripts/walls/find-cycles.mjs.
 */
const S = 'server/src/';

/** Tests may wire real adapters and services together; what they may not do is be imported by the program. */
const testFiles = '(\\.test\\.tsx?$|^server/(test-support|conformance)/)';

/** A driver is known in one place, so that it can be replaced there. [rule, packages, where it may be imported] */
const drivers = [
  ['pg-stays-in-its-adapter', 'pg|pg-copy-streams', `^${S}adapters/(sql|replication)/|^(tests|bench)/`],
  ['kafka-stays-in-its-adapter', '@platformatic/kafka', `^${S}adapters/bus/kafka/|^bench/`],
  ['fastify-stays-in-http', 'fastify|@fastify/[^/]+|fastify-[^/]+', `^${S}(runtime/http|protocols/)`],
  ['ws-stays-in-sockets', 'ws', `^${S}protocols/shared/|^(tests|bench)/`],
  ['pino-stays-in-runtime', 'pino', `^${S}(runtime|main)/`],
  ['prom-client-stays-in-runtime', 'prom-client', `^${S}(runtime|main)/`],
  ['credentials-stay-in-identity', '@node-rs/argon2|jose', `^${S}services/identity/`],
  ['ioredis-stays-in-its-adapters', 'ioredis', `^${S}adapters/[^/]+/redis/`],
  [
    'rabbitmq-client-stays-in-its-adapter',
    'rabbitmq-client',
    `^${S}adapters/bus/rabbitmq/|^server/test-support/|^bench/`,
  ],
  ['grpc-stays-in-its-transport', '@grpc/[^/]+|grpc-health-check', `^${S}(rpc/grpc|runtime/public-grpc)/|^tests/`],
  [
    'graphql-stays-in-its-protocols',
    'graphql|graphql-[^/]+|@pothos/[^/]+',
    `^${S}protocols/(?!shared/)|^(tests|bench)/`,
  ],
  ['commander-stays-in-main', 'commander', `^${S}main/`],
];

const wall = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    wall(
      'kernel-imports-nothing',
      'the kernel is what everything else stands on',
      { path: `^${S}kernel/`, pathNot: testFiles },
      { path: `^(${S}|contracts/)`, pathNot: `^${S}(kernel|main)/` },
    ),
    wall(
      'model-is-pure',
      'nouns and their rules: no input or output, no wire types',
      { path: `^${S}model/`, pathNot: testFiles },
      { path: `^(${S}|contracts/)`, pathNot: `^${S}(kernel|model|main)/` },
    ),
    wall(
      'ports-speak-model',
      'a port states a guarantee and names no technology',
      { path: `^${S}ports/`, pathNot: testFiles },
      { path: `^(${S}|contracts/)`, pathNot: `^${S}(kernel|model|ports|main)/` },
    ),
    wall(
      'adapters-implement-ports',
      'an adapter sees its port and its driver: no service, no sibling adapter',
      { path: `^${S}adapters/([^/]+)/`, pathNot: testFiles },
      { path: `^(${S}|contracts/)`, pathNot: `^${S}(kernel|model|ports|main|adapters/$1)/` },
    ),
    wall(
      'technologies-do-not-meet',
      'two technologies of one port share nothing but files beside their folders (all of sql is PostgreSQL)',
      { path: `^${S}adapters/([^/]+)/([^/]+)/`, pathNot: `${testFiles}|^${S}adapters/sql/` },
      { path: `^${S}adapters/$1/[^/]+/`, pathNot: `^${S}adapters/$1/$2/` },
    ),
    wall(
      'services-ask-for-ports',
      'main hands the adapters in',
      { path: `^${S}services/`, pathNot: testFiles },
      { path: `^${S}(adapters|protocols|runtime)/` },
    ),
    wall(
      'services-meet-at-api',
      'another service is reached through its api.ts, or its trusted-api.ts, and nothing else; what all of them do alike is in services/shared',
      { path: `^${S}services/([^/]+)/`, pathNot: testFiles },
      { path: `^${S}services/[^/]+/`, pathNot: `^${S}services/($1/|shared/|[^/]+/(trusted-)?api\\.ts$)` },
    ),
    wall(
      'trusted-calls-are-for-few',
      'what acts for whoever it names is for hubs and the router; main gives others what they need of it, cut to that',
      { path: `^${S}services/([^/]+)/`, pathNot: `${testFiles}|^${S}services/(realtime|router)/` },
      { path: `^${S}services/[^/]+/trusted-api\\.ts$`, pathNot: `^${S}services/$1/` },
    ),
    wall(
      'shared-knows-no-service',
      'what services do alike stands below all of them',
      { path: `^${S}services/shared/`, pathNot: testFiles },
      { path: `^(${S}|contracts/)`, pathNot: `^${S}(kernel|model|ports|services/shared|main)/` },
    ),
    wall(
      'wire-types-stay-at-the-border',
      'only rpc.ts, and rpc-….ts beside it, translates between the wire and the api',
      { path: `^${S}services/`, pathNot: `${testFiles}|/rpc[.-][^/]*$` },
      { path: '^contracts/' },
    ),
    wall(
      'rpc-serves-rpc-files',
      'how a service is called from another process is known to its rpc.ts and to main',
      { path: `^${S}`, pathNot: `${testFiles}|/rpc[.-][^/]*$|^${S}(rpc|main|runtime/public-grpc)/` },
      { path: `^${S}rpc/` },
    ),
    wall(
      'rpc-carries-calls',
      'calls between services, whatever the services are',
      { path: `^${S}rpc/`, pathNot: testFiles },
      { path: `^${S}`, pathNot: `^${S}(kernel|model|rpc|main)/` },
    ),
    wall(
      'wire-serves-rpc',
      'the shapes of messages are for the tables of rpc.ts',
      { path: `^${S}`, pathNot: `${testFiles}|/rpc[.-][^/]*$|^${S}rpc/wire/` },
      { path: `^${S}rpc/wire/` },
    ),
    wall(
      'wire-knows-the-model',
      'how nouns are written: of no service, no input or output',
      { path: `^${S}rpc/wire/`, pathNot: testFiles },
      { path: `^${S}`, pathNot: `^${S}((kernel|model|rpc/wire|main)/|rpc/rpc-service\\.ts$)` },
    ),
    wall(
      'protocols-only-translate',
      'a protocol has no storage, rules or fan-out of its own',
      { path: `^${S}protocols/`, pathNot: testFiles },
      { path: `^${S}(adapters/|ports/|services/[^/]+/(?!api\\.ts$))`, pathNot: `^${S}ports/bus\\.ts$` },
    ),
    wall(
      'protocols-hear-the-bus-in-consumer',
      'topics, exchanges and queues of a protocol live in its consumer.ts',
      { path: `^${S}protocols/`, pathNot: `${testFiles}|/consumer\\.ts$` },
      { path: `^${S}ports/bus\\.ts$` },
    ),
    wall(
      'protocols-need-only-the-hosts',
      'of the runtime a protocol knows the servers it registers with',
      { path: `^${S}protocols/`, pathNot: testFiles },
      { path: `^${S}runtime/`, pathNot: `^${S}runtime/(http|public-grpc/public-grpc\\.ts$)` },
    ),
    wall(
      'limits-stand-before-protocols',
      'calls are counted by the services as protocols are given them, never by hand in a protocol',
      { path: `^${S}protocols/([^/]+)/`, pathNot: `${testFiles}|^${S}protocols/shared/` },
      { path: `^${S}(kernel/token-buckets\\.ts$|protocols/shared/limits/)` },
    ),
    wall(
      'protocols-do-not-meet',
      'deleting the folder of a protocol removes that protocol and nothing else',
      { path: `^${S}protocols/([^/]+)/`, pathNot: testFiles },
      { path: `^${S}protocols/[^/]+/`, pathNot: `^${S}protocols/($1|shared)/` },
    ),
    wall(
      'runtime-knows-no-service',
      'the runtime starts and stops units without knowing what they do',
      { path: `^${S}runtime/`, pathNot: testFiles },
      { path: `^${S}(model|ports|services|adapters|protocols)/` },
    ),
    wall(
      'nobody-imports-main',
      'the composition root is at the top',
      { pathNot: `^${S}main/` },
      { path: `^${S}main/` },
    ),
    wall(
      'nobody-imports-tests',
      'what only tests need is no part of the program',
      { pathNot: `${testFiles}|^(tests|bench)/` },
      { path: `${testFiles}|^(tests|bench)/` },
    ),
    wall(
      'contracts-are-leaves',
      'what crosses a process border depends on nothing of ours',
      { path: '^contracts/' },
      { path: '^(server|client|web)/' },
    ),
    wall(
      'client-needs-only-contracts',
      'the SDK never sees the server or the web application',
      { path: '^client/' },
      { path: '^(server|web)/' },
    ),
    wall(
      'client-is-isomorphic',
      'what imports node: does not run in a browser',
      { path: '^client/', pathNot: testFiles },
      { dependencyTypes: ['core'] },
    ),
    wall(
      'web-uses-the-client',
      'the web application never speaks the wire itself',
      { path: '^web/', pathNot: testFiles },
      { path: '^(server|contracts)/' },
    ),
    wall(
      'server-serves-nobody-in-particular',
      'the server knows no client',
      { path: '^server/', pathNot: testFiles },
      { path: '^(client|web)/' },
    ),
    wall(
      'tests-speak-over-the-wire',
      'scenarios and benches see what a client sees',
      { path: '^(tests|bench)/' },
      { path: '^(server|web)/' },
    ),
    ...drivers.map(([name, packages, allowed]) =>
      wall(
        name,
        `only ${allowed} may import ${packages}`,
        { pathNot: `${testFiles}|${allowed}` },
        { path: `(^|/)node_modules/(@types/)?(${packages})/` },
      ),
    ),
    wall(
      'no-undeclared-packages',
      'npm hoists: an import that package.json does not name works until it does not',
      { pathNot: testFiles },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: '(^|/)node_modules/vitest/' },
    ),
    wall('imports-resolve', 'an import of nothing', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(server|contracts|client|web|tests|bench)/dist[^/]*/' },
    // Said aloud: left to itself the cruiser reads TypeScript as loose JavaScript and misses imports.
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // `source`: a workspace is seen by its sources, never by what an earlier build left.
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.mjs', '.js', '.json'],
    },
  },
};
