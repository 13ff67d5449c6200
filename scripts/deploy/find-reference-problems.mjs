/**
 * @param {import('./read-manifests.mjs').Manifests} manifests
 * @param {readonly {path: string, pathType: string}[]} realtimePaths what the Ingress must send to realtime
 * @returns {string[]} what points to nothing, or to something else than it should
 */
export function findReferenceProblems(manifests, realtimePaths) {
  const rules = {
    Deployment: findSelectorProblems,
    StatefulSet: findSelectorProblems,
    Service: findServiceProblems,
    Ingress: (ingress) => findIngressProblems(ingress, manifests, realtimePaths),
    HorizontalPodAutoscaler: findScalerProblems,
    PodDisruptionBudget: findBudgetProblems,
    NetworkPolicy: findPolicyProblems,
  };
  return manifests.all.flatMap((document) =>
    (rules[document.kind]?.(document, manifests) ?? []).map(
      (text) => `${document.kind} ${document.metadata.name}: ${text}`,
    ),
  );
}

function findSelectorProblems(workload, { podsOf }) {
  const found = podsOf(workload.spec.selector.matchLabels);
  return found.length === 1 && found[0].owner === workload ? [] : ['selects pods of others, or not its own'];
}

function findServiceProblems({ spec }, { podsOf }) {
  const found = podsOf(spec.selector);
  if (found.length !== 1) return [`selects the pods of ${found.length} workloads`];
  return spec.ports
    .filter(({ targetPort }) => !found[0].ports.includes(targetPort))
    .map(({ targetPort }) => `leads to a port ${targetPort} that is not there`);
}

function findIngressProblems({ spec }, { named }, realtimePaths) {
  const problems = [];
  const componentAt = new Map();
  const key = (path, pathType) => `${pathType} ${path}`;
  for (const { path, pathType, backend } of spec.rules.flatMap((rule) => rule.http.paths)) {
    const service = named('Service', backend.service.name);
    componentAt.set(key(path, pathType), service?.metadata.labels['app.kubernetes.io/component']);
    if (!service?.spec.ports.some(({ name }) => name === backend.service.port.name))
      problems.push(`${path} leads to a port of ${backend.service.name} that is not there`);
  }
  const wanted = [
    ...realtimePaths.map(({ path, pathType }) => [key(path, pathType), 'realtime']),
    [key('/', 'Prefix'), 'gateway'],
  ];
  for (const [at, component] of wanted)
    if (componentAt.get(at) !== component) problems.push(`${at} does not lead to ${component}`);
  for (const [at, component] of componentAt)
    if (!wanted.some(([known]) => known === at)) problems.push(`${at} leads to ${component}, and nothing asks for it`);
  return problems;
}

function findScalerProblems({ spec }, { named }) {
  const scaled = named('Deployment', spec.scaleTargetRef.name);
  if (!scaled) return ['scales what is not there'];
  return [
    ...(scaled.spec.replicas === undefined ? [] : ['and its Deployment both say how many']),
    ...(spec.minReplicas > spec.maxReplicas ? ['has a minimum above its maximum'] : []),
  ];
}

function findBudgetProblems({ spec }, { podsOf }) {
  return podsOf(spec.selector.matchLabels).length === 1 ? [] : ['does not protect one workload'];
}

function findPolicyProblems({ spec }, { podsOf }) {
  const ports = podsOf(spec.podSelector.matchLabels).flatMap((pod) => pod.ports);
  return spec.ingress
    .flatMap((rule) => rule.ports ?? [])
    .filter(({ port }) => !ports.includes(port))
    .map(({ port }) => `names a port ${port} that nothing has`);
}
