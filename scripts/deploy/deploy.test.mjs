import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { options, parseOptions } from '../../server/src/main/options.ts';
import { findComposeProblems } from './find-compose-problems.mjs';
import { findDockerfileProblems } from './find-dockerfile-problems.mjs';
import { findManifestProblems } from './find-manifest-problems.mjs';

/** Of all targets only two, one of which may never run twice. */
const opensOf = (target) => ({ gateway: ['registry', 'files'], relay: ['changes', 'bus'] })[target];
const program = { options, parseOptions, serviceTargets: ['gateway', 'relay'], opensOf };
const secret = {
  PARLEY_SERVICE_SECRET: 'x'.repeat(32),
  PARLEY_BUS: 'kafka://kafka.example.org:9092',
  PARLEY_REGISTRY: 'redis://redis.example.org',
  PARLEY_IDENTITY_DATABASE_URL: 'postgres://u:p@db.example.org/identity',
  PARLEY_PEOPLE_DATABASE_URL: 'postgres://u:p@db.example.org/people',
  PARLEY_CHAT_DATABASE_URL: 'postgres://u:p@db.example.org/chat',
};

const fromSecret = (names) =>
  names.map((name) => `{ name: ${name}, valueFrom: { secretKeyRef: { name: mine, key: ${name} } } }`).join(', ');
const shared = ['PARLEY_SERVICE_SECRET', 'PARLEY_BUS', 'PARLEY_REGISTRY'];

const deployment = (target, { spec, ports, names, volume }) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: parley-${target} }
spec:
  ${spec}
  selector: { matchLabels: { component: ${target} } }
  template:
    metadata: { labels: { component: ${target} } }
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 40
      securityContext: { runAsNonRoot: true, runAsUser: 1000 }
      containers:
        - name: ${target}
          image: parley:1
          args: [serve]
          env:
            - { name: PARLEY_TARGET, value: ${target} }
            - { name: POD_IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
            - { name: PARLEY_ADVERTISE, value: "$(POD_IP):4003" }
            - { name: PARLEY_DISCOVERY, value: "parley-gateway:4003" }
            - { name: PARLEY_DRAIN_SECONDS, value: "10" }
            ${names.map((name) => `- ${fromSecret([name])}`).join('\n            ')}
          ports: [${ports}{ name: admin, containerPort: 4002 }, { name: rpc, containerPort: 4003 }]
          livenessProbe: { httpGet: { path: /healthz, port: admin } }
          readinessProbe: { httpGet: { path: /readyz, port: admin } }
          resources: { requests: { cpu: 1, memory: 1Gi }, limits: { memory: 1Gi } }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts: [{ name: tmp, mountPath: /tmp }]
      volumes: [{ name: tmp, ${volume} }]
`;

const manifests = `
${deployment('gateway', { spec: 'replicas: 2', ports: '{ name: http, containerPort: 4000 }, ', names: shared, volume: 'persistentVolumeClaim: { claimName: files }' })}
---
${deployment('relay', { spec: 'replicas: 1\n  strategy: { type: Recreate }', ports: '', names: Object.keys(secret), volume: 'emptyDir: {}' })}
---
apiVersion: v1
kind: Service
metadata: { name: parley-gateway, labels: { app.kubernetes.io/component: gateway } }
spec: { selector: { component: gateway }, ports: [{ name: http, port: 4000, targetPort: http }, { name: rpc, port: 4003, targetPort: rpc }] }
---
kind: Ingress
metadata: { name: parley }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: parley-gateway, port: { name: http } } } }] } }] }
---
kind: PodDisruptionBudget
metadata: { name: parley-gateway }
spec: { selector: { matchLabels: { component: gateway } } }
---
kind: NetworkPolicy
metadata: { name: parley }
spec: { podSelector: { matchLabels: { component: relay } }, ingress: [{ ports: [{ port: rpc }] }] }
`;

const findIn = (text) =>
  findManifestProblems(
    parseAllDocuments(text).map((document) => document.toJS()),
    { program, realtimePaths: [], image: 'parley:1', secret },
  );

test('manifests that hold have no problems', () => {
  expect(findIn(manifests)).toEqual([]);
});

test.each([
  ['PARLEY_ADVERTISE', 'PARLEY_ADVERTIZE', 'PARLEY_ADVERTIZE: there is no such option'],
  ['PARLEY_DRAIN_SECONDS, value: "10"', `PARLEY_KEY_SECRET, value: ${'x'.repeat(32)}`, 'which is for identity alone'],
  ['PARLEY_DRAIN_SECONDS, value: "10"', 'PARLEY_DRAIN_SECONDS, value: "soon"', 'PARLEY_DRAIN_SECONDS "soon"'],
  ['PARLEY_DRAIN_SECONDS, value: "10"', 'PARLEY_DRAIN_SECONDS, value: "30"', 'killed before a drain of 30 s'],
  ['value: gateway', 'value: gatekeeper', 'target gateway: 0 Deployments'],
  ['key: PARLEY_BUS', 'key: BUS', 'PARLEY_BUS is missing'],
  ['key: PARLEY_CHAT_DATABASE_URL', 'key: CHAT', 'lacks the database of chat'],
  ['"parley-gateway:4003"', '"parley-discovery:4003"', 'names parley-discovery, which is no Service'],
  ['"parley-gateway:4003"', '"parley-gateway:4004"', 'parley-gateway has no port 4004'],
  ['args: [serve]', 'args: [start]', 'runs start'],
  ['enableServiceLinks: false', 'enableServiceLinks: true', 'variables of the Services'],
  ['runAsUser: 1000', 'runAsUser: 0', 'may run as root'],
  ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'may change its own files'],
  ['image: parley:1', 'image: parley:latest', 'no version'],
  ['limits: { memory: 1Gi }', 'limits: {}', 'no bounds of its resources'],
  ['path: /readyz', 'path: /healthz', 'is ready without /readyz'],
  ['livenessProbe', 'startupProbe', 'has no livenessProbe'],
  ['port: admin } }', 'port: metrics } }', 'asks a port metrics'],
  ['name: tmp, mountPath', 'name: temp, mountPath', 'mounts temp, which is no volume'],
  ['name: tmp, emptyDir', 'name: temp, emptyDir', 'a volume temp that nothing mounts'],
  ['emptyDir: {}', 'persistentVolumeClaim: { claimName: files }', 'target relay: is given a volume it does not need'],
  [
    '{ component: relay } }\n  template',
    '{ component: gateway } }\n  template',
    'selects pods of others, or not its own',
  ],
  ['targetPort: http', 'targetPort: web', 'leads to a port web that is not there'],
  ['port: { name: http }', 'port: { name: web }', '/ leads to a port of parley-gateway'],
  ['path: /, ', 'path: /x, ', 'Prefix / does not lead to gateway'],
  ['path: /, ', 'path: /x, ', 'Prefix /x leads to gateway, and nothing asks for it'],
  ['pathType: Prefix', 'pathType: Exact', 'Prefix / does not lead to gateway'],
  ['strategy: { type: Recreate }', 'strategy: { type: RollingUpdate }', 'two could run at once'],
  ['{ port: rpc }', '{ port: grpc }', 'names a port grpc that nothing has'],
  [
    'matchLabels: { component: gateway } } }\n---',
    'matchLabels: { component: web } } }\n---',
    'does not protect one workload',
  ],
  ['metadata: { name: parley-relay }', 'metadata: { name: parley-gateway }', 'is there twice'],
  ['metadata: { name: parley-relay }', 'metadata: { name: parley_relay }', 'no name for a cluster'],
])('%s as %s is a problem', (from, to, problem) => {
  const broken = manifests.replace(from, to);
  expect(broken).not.toBe(manifests);
  expect(findIn(broken).join('\n')).toContain(problem);
});

const compose = `
services:
  gateway: &ours
    image: parley
    build: .
    read_only: true
    cap_drop: [ALL]
    stop_grace_period: 40s
    entrypoint: [sh, -c, "PARLEY_ADVERTISE=$$HOSTNAME:4003 exec node cli.js serve"]
    healthcheck: { test: [CMD, "true"] }
    depends_on: [redis]
    volumes: ["data:/data", "./deploy.test.mjs:/x:ro"]
    environment: &env
      PARLEY_TARGET: gateway
      PARLEY_SERVICE_SECRET: \${PARLEY_SERVICE_SECRET:-xxxxxxxxxxxxxxxxxxxxxxxx}
      PARLEY_BUS: kafka://redis:9092
      PARLEY_REGISTRY: redis://redis
      PARLEY_DISCOVERY: gateway:4003
      PARLEY_DRAIN_SECONDS: "6"
  relay:
    <<: *ours
    environment:
      <<: *env
      PARLEY_TARGET: relay
      PARLEY_IDENTITY_DATABASE_URL: postgres://redis/identity
      PARLEY_PEOPLE_DATABASE_URL: postgres://redis/people
      PARLEY_CHAT_DATABASE_URL: postgres://redis/chat
  redis: { image: "redis:8", ports: ["127.0.0.1:1:1"], healthcheck: {} }
volumes: { data: null }
`;

const findInCompose = (text) =>
  findComposeProblems(parse(text, { merge: true }), { folder: import.meta.dirname, program });

test('a compose file that holds has no problems', () => {
  expect(findInCompose(compose)).toEqual([]);
});

test.each([
  ['PARLEY_DISCOVERY', 'PARLEY_DISCOVER', 'PARLEY_DISCOVER: there is no such option'],
  ['PARLEY_TARGET: relay', 'PARLEY_TARGET: gateway', 'target relay does not run exactly once'],
  ['-xxxxxxxxxxxxxxxxxxxxxxxx', '-short', 'at least 16 characters'],
  ['gateway:4003', 'discovery:4003', 'names discovery, which is no service'],
  ['$$HOSTNAME', '$(hostname)', 'PARLEY_ADVERTISE "$(hostname):4003"'],
  ['depends_on: [redis]', 'depends_on: [kafka]', 'waits for kafka, which there is not'],
  ['./deploy.test.mjs', './missing.conf', 'mounts ./missing.conf'],
  ['data: null', 'other: null', 'mounts data'],
  ['127.0.0.1:1:1', '1:1', 'opens 1:1 to everybody'],
  ['redis:8', 'redis', 'no version'],
  ['40s', '10s', 'killed before its drain can end'],
  ['read_only: true', 'read_only: false', 'keeps rights'],
])('in a compose file %s as %s is a problem', (from, to, problem) => {
  const broken = compose.replace(from, to);
  expect(broken).not.toBe(compose);
  expect(findInCompose(broken).join('\n')).toContain(problem);
});

const dockerfile = `FROM node:24-slim
ENV NODE_ENV=production PARLEY_HOST=0.0.0.0
USER 1000:1000
EXPOSE 4000 4001 4002 4003
HEALTHCHECK CMD ["true"]
ENTRYPOINT ["node"]
CMD ["serve"]
`;

test.each([
  ['', '', null],
  ['node:24-slim', 'node:latest', 'not a slim image'],
  ['1000:1000', '0:0', 'root'],
  ['4003', '4004', 'EXPOSE'],
  ['PARLEY_HOST', 'PARLEY_HOSTS', 'PARLEY_HOSTS: there is no such option'],
  ['CMD ["serve"]', 'CMD serve', 'CMD is not in exec form'],
])('in a Dockerfile %s as %s: %s', (from, to, problem) => {
  const found = findDockerfileProblems(dockerfile.replace(from, to), program);
  if (problem) expect(found.join('\n')).toContain(problem);
  else expect(found).toEqual([]);
});
