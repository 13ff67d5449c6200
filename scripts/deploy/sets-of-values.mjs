import { root } from '../setup/paths.mjs';

const { storingServices } = await import(`${root}/server/dist/main/all-services.js`);
const url = (service) => `postgres://u:p@${service}.example.org/${service}`;

/** Enough to be accepted. */
const least = {
  serviceSecret: 'x'.repeat(32),
  databases: Object.fromEntries(storingServices.map((service) => [service, url(service)])),
  bus: 'kafka://kafka.example.org:9092',
  registry: 'redis://redis.example.org',
  ingress: { host: 'chat.example.org' },
};

/**
 * Values the chart is rendered with: a file in the repository or an object; `upgrade`: as over an earlier release; `secret`: what
 * an existing Secret is taken to hold.
 */
export const accepted = [
  { name: 'ag-dev.yaml', values: 'deploy/helm/values/ag-dev.yaml' },
  { name: 'ag-dev.yaml, upgraded', values: 'deploy/helm/values/ag-dev.yaml', upgrade: true },
  { name: 'external.yaml', values: 'deploy/helm/values/external.yaml' },
  { name: 'the least', values: least },
  {
    name: 'RabbitMQ of its own, no Ingress, no policy',
    values: {
      ...least,
      bus: '',
      ingress: { enabled: false },
      networkPolicy: { enabled: false },
      engines: { rabbitmq: { enabled: true, password: 'secret' } },
    },
  },
  {
    name: 'a Secret and a claim that exist',
    values: {
      existingSecret: 'mine',
      ingress: { host: 'chat.example.org', tlsSecret: 'tls' },
      data: { existingClaim: 'files' },
    },
    secret: {
      PARLEY_SERVICE_SECRET: least.serviceSecret,
      ...Object.fromEntries(
        storingServices.map((service) => [`PARLEY_${service.toUpperCase()}_DATABASE_URL`, url(service)]),
      ),
      PARLEY_BUS: 'amqps://u:p@rabbitmq.example.org/parley',
      PARLEY_REGISTRY: 'rediss://redis.example.org',
    },
  },
  {
    name: 'everything set',
    values: {
      ...least,
      keySecret: `${'new'.repeat(11)},${'old'.repeat(11)}`,
      options: { 'log-level': 'warn', 'bus-partitions': 32, 'sign-ins-per-minute': 100 },
      drainSeconds: 45,
      maxAttachmentMb: 100,
      data: { enabled: false },
      podAnnotations: { 'prometheus.io/scrape': 'true' },
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'chat', operator: 'Exists' }],
      ingress: { host: 'chat.example.org', annotations: { 'cert-manager.io/cluster-issuer': 'main' } },
      targets: {
        gateway: { replicas: 1, options: { 'log-level': 'debug' } },
        realtime: { autoscale: null, replicas: 3 },
        router: { autoscale: { minReplicas: 1, maxReplicas: 4, cpu: 80 } },
      },
    },
  },
];

/** Values that must be refused, and a word of the reason. */
export const refused = [
  { name: 'nothing', values: {}, because: 'serviceSecret' },
  { name: 'a short secret', values: { ...least, serviceSecret: 'short' }, because: 'serviceSecret' },
  { name: 'a short secret of keys', values: { ...least, keySecret: 'short' }, because: 'keySecret' },
  { name: 'no database', values: { ...least, databases: { ...least.databases, chat: '' } }, because: 'databases.chat' },
  { name: 'no bus', values: { ...least, bus: '' }, because: 'give bus' },
  { name: 'no registry', values: { ...least, registry: '' }, because: 'give registry' },
  { name: 'no host', values: { ...least, ingress: {} }, because: 'ingress.host' },
  { name: 'another bus', values: { ...least, bus: 'nats://nats' }, because: 'bus' },
  { name: 'two relays', values: { ...least, targets: { relay: { replicas: 2 } } }, because: 'replicas' },
  { name: 'a misspelt key', values: { ...least, engine: {} }, because: 'engine' },
  {
    name: 'a password that a URL breaks',
    values: { ...least, engines: { postgres: { enabled: true, password: 'a@b' } } },
    because: 'password',
  },
];
