const workloads = new Set(['Deployment', 'StatefulSet', 'Job']);

/**
 * @param {readonly any[]} documents of one rendering; empty ones are passed over
 * @returns {Manifests}
 * @typedef {{owner: any, metadata: any, spec: any, ports: string[]}} Pod `ports`: their names
 * @typedef {{all: any[], ofKind: (kind: string) => any[], named: (kind: string, name: string) => any, pods: Pod[],
 *   podsOf: (selector: Record<string, string>) => Pod[]}} Manifests
 */
export function readManifests(documents) {
  const all = documents.filter(Boolean);
  const pods = all
    .filter(({ kind }) => workloads.has(kind))
    .map((owner) => ({
      owner,
      ...owner.spec.template,
      ports: owner.spec.template.spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)),
    }));
  return {
    all,
    ofKind: (kind) => all.filter((each) => each.kind === kind),
    named: (kind, name) => all.find((each) => each.kind === kind && each.metadata.name === name),
    pods,
    podsOf: (selector) =>
      pods.filter(({ metadata }) => Object.entries(selector).every(([key, value]) => metadata.labels[key] === value)),
  };
}
