/**
 * @param {{owner: any, metadata: any, spec: any}} pod of a Deployment, StatefulSet or Job
 * @param {{named: (kind: string, name: string) => any, image: string}} context `image`: the program's own
 * @returns {string[]} what is wrong with the pod itself
 */
export function findPodProblems({ owner, spec }, { named, image }) {
  const problems = [];
  const must = (holds, text) => holds || problems.push(text);
  const { securityContext: security = {} } = spec;
  must(security.runAsNonRoot === true && security.runAsUser > 0, 'may run as root');
  must(spec.automountServiceAccountToken === false, 'is given a token of the cluster that it does not need');
  must(spec.enableServiceLinks === false, 'is given variables of the Services that its program may take for its own');

  const claims = (owner.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  const volumes = [...(spec.volumes ?? []).map(({ name }) => name), ...claims];
  const mounted = new Set(spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
  for (const name of mounted) must(volumes.includes(name), `mounts ${name}, which is no volume`);
  for (const name of volumes) must(mounted.has(name), `has a volume ${name} that nothing mounts`);
  for (const { persistentVolumeClaim: claim, configMap, secret } of spec.volumes ?? []) {
    must(!configMap || named('ConfigMap', configMap.name), `mounts a ConfigMap ${configMap?.name} that is not there`);
    must(!secret || named('Secret', secret.secretName), `mounts a Secret ${secret?.secretName} that is not there`);
    must(!claim || !/^\s*$/.test(claim.claimName), 'mounts a claim without a name');
  }

  for (const container of spec.containers) problems.push(...findContainerProblems(container, { owner, image }));
  return problems.map((text) => `${owner.kind} ${owner.metadata.name}: ${text}`);
}

function findContainerProblems(container, { owner, image }) {
  const problems = [];
  const must = (holds, text) => holds || problems.push(`container ${container.name} ${text}`);
  const { resources, securityContext: security = {}, ports = [], env = [] } = container;
  must(/:(?!latest$)[\w.-]+$/.test(container.image), `runs ${container.image}: no version`);
  must(
    resources?.requests?.cpu && resources.requests.memory && resources.limits?.memory,
    'has no bounds of its resources',
  );
  must(
    security.allowPrivilegeEscalation === false && security.capabilities?.drop?.[0] === 'ALL',
    'keeps rights it does not need',
  );
  must(security.readOnlyRootFilesystem === true || container.image !== image, 'may change its own files');
  for (const list of [ports, env]) {
    const names = list.map(({ name }) => name);
    for (const name of names) must(names.indexOf(name) === names.lastIndexOf(name), `names ${name} twice`);
  }
  if (owner.kind === 'Job') return problems;
  for (const probe of ['livenessProbe', 'readinessProbe']) must(container[probe], `has no ${probe}`);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const port = (container[probe]?.httpGet ?? container[probe]?.tcpSocket)?.port;
    must(port === undefined || ports.some(({ name }) => name === port), `asks a port ${port} that it does not have`);
  }
  if (container.image === image) {
    must(container.readinessProbe?.httpGet?.path === '/readyz', 'is ready without /readyz');
    must(container.livenessProbe?.httpGet?.path === '/healthz', 'lives without /healthz');
  }
  return problems;
}
