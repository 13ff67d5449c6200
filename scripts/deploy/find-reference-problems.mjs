/**
 * @param {import('./read-manifests.mjs').Manifests} manifests
 * @param {readonly string[]} socketPaths what the Ingress must send to realtime
 * @returns {string[]} what points to nothing, or to something else than it should
 */
export function findReferenceProblems(manifests, socketPaths) {
  const rules = {
    Deployment: findSelectorProblems,
    StatefulSet: findSelectorProblems,
    Service: findServiceProblems,
    Ingress: (ingress) => findIngressProblems(ingress, manifests, socketPaths),
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

function findIngressProblems({ spec }, { named }, socketPaths) {
  const problems = [];
  const componentAt = new Map();
  for (const { path, backend } of spec.rules.flatMap((rule) => rule.http.paths)) {
    const service = named('Service', backend.service.name);
    componentAt.set(path, service?.metadata.labels['app.kubernetes.io/component']);
    if (!service?.spec.ports.some(({ name }) => name === backend.service.port.name))
      problems.push(`${path} leads to a port of ${backend.service.name} that is not there`);
  }
  const wanted = [...socketPaths.map((path) => [path, 'realtime']), ['/', 'gateway']];
  for (const [path, component] of wanted)
    if (componentAt.get(path) !== component) problems.push(`${path} does not lead to ${component}`);
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
