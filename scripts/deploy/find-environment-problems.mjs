import { findOptionProblems } from './find-option-problems.mjs';

/** What the program takes after the drain to end what it has begun, in seconds. */
const afterDrain = 20;

/**
 * @param {import('./read-manifests.mjs').Pod} pod
 * @param {import('./read-manifests.mjs').Manifests} manifests
 * @param {import('./find-manifest-problems.mjs').Expected} expected
 * @returns {string[]} what the program would make of the variables it is given
 */
export function findEnvironmentProblems({ owner, spec }, manifests, { program, image, secret = {} }) {
  const problems = spec.containers
    .filter((container) => container.image === image)
    .flatMap((container) => {
      const env = readEnvironment(container, manifests, secret);
      const drain = Number(env.PARLEY_DRAIN_SECONDS ?? 0);
      const killed = env.PARLEY_TARGET && spec.terminationGracePeriodSeconds < drain + afterDrain;
      return [
        ...findOptionProblems(env, container.args ?? [], program),
        ...findStrangers(env, manifests),
        ...(killed ? [`is killed before a drain of ${drain} s can end`] : []),
      ];
    });
  return problems.map((text) => `${owner.kind} ${owner.metadata.name}: ${text}`);
}

/** What a pod is told of itself. */
const fields = { 'status.podIP': '10.0.0.1', 'metadata.name': 'parley-chat-7d4b9c6f5-x2x9z' };

/** The variables of a container as it will see them. */
function readEnvironment({ env = [] }, { named }, secret) {
  const values = {};
  for (const { name, value, valueFrom } of env) {
    const key = valueFrom?.secretKeyRef;
    if (valueFrom?.fieldRef) values[name] = fields[valueFrom.fieldRef.fieldPath];
    else if (key) values[name] = (named('Secret', key.name)?.stringData ?? secret)[key.key];
    else values[name] = String(value).replaceAll(/\$\((\w+)\)/g, (_, other) => values[other]);
  }
  return values;
}

/** A host without a dot is a Service of the release. */
function findStrangers(env, { named }) {
  const problems = [];
  for (const [name, value = ''] of Object.entries(env)) {
    if (!/_URL$|^PARLEY_(BUS|REGISTRY|DISCOVERY)$/.test(name) || name === 'PARLEY_PUBLIC_URL') continue;
    const places = name === 'PARLEY_DISCOVERY' ? value : (/^\w+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(value)?.[1] ?? '');
    for (const place of places.split(',')) {
      const [host, port] = place.split(':');
      if (host === '' || host.includes('.')) continue;
      const service = named('Service', host);
      if (!service) problems.push(`${name} names ${host}, which is no Service`);
      else if (!service.spec.ports.some((each) => each.port === Number(port)))
        problems.push(`${name}: ${host} has no port ${port}`);
    }
  }
  return problems;
}
