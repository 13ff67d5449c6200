import { findEnvironmentProblems } from './find-environment-problems.mjs';
import { findPodProblems } from './find-pod-problems.mjs';
import { findReferenceProblems } from './find-reference-problems.mjs';
import { readManifests } from './read-manifests.mjs';

/**
 * What is wrong with rendered manifests taken together: references to what is not there, and rules that the program relies on.
 *
 * @param {readonly any[]} documents of one rendering
 * @param {Expected} expected
 * @returns {string[]}
 * @typedef {{program: import('./find-option-problems.mjs').Program, realtimePaths: readonly {path: string, pathType: string}[], image: string,
 *   secret?: Record<string, string>}} Expected `image`: what the program's containers run; `secret`: what an existing Secret holds
 */
export function findManifestProblems(documents, expected) {
  const manifests = readManifests(documents);
  return [
    ...findNameProblems(manifests),
    ...manifests.pods.flatMap((pod) => [
      ...findPodProblems(pod, { ...manifests, ...expected }),
      ...findEnvironmentProblems(pod, manifests, expected),
    ]),
    ...findReferenceProblems(manifests, expected.realtimePaths),
    ...findTargetProblems(manifests, expected),
  ];
}

function findNameProblems({ all }) {
  const keys = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return [
    ...keys
      .filter((key) => !/^\w+ [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(key))
      .map((key) => `${key}: no name for a cluster`),
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${key}: is there twice`),
  ];
}

/** Each target once, as a Deployment, with the volume when it keeps files; the relay never twice at a time. */
function findTargetProblems({ pods }, { program, image }) {
  const problems = [];
  const hasClaim = ({ spec: { volumes = [] } }) => volumes.some((volume) => volume.persistentVolumeClaim);
  const keepsFiles = pods.some(hasClaim);
  for (const target of program.serviceTargets) {
    const found = pods.filter(({ spec: { containers } }) =>
      containers.some(
        ({ image: runs, env = [] }) =>
          runs === image && env.some(({ name, value }) => name === 'PARLEY_TARGET' && value === target),
      ),
    );
    if (found.length !== 1) problems.push(`target ${target}: ${found.length} Deployments`);
    const single = found[0]?.owner.spec.replicas === 1 && found[0].owner.spec.strategy?.type === 'Recreate';
    const wantsFiles = program.opensOf(target).includes('files');
    if (found[0] && keepsFiles && wantsFiles !== hasClaim(found[0]))
      problems.push(
        `target ${target}: ${wantsFiles ? 'loses its files with the pod' : 'is given a volume it does not need'}`,
      );
    if (target === 'relay' && !single) problems.push('target relay: two could run at once');
  }
  return problems;
}
