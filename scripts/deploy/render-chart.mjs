import { writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/** Of no cluster in particular: what helm is told the cluster is. */
const kubeVersion = '1.31.0';
const chart = `${root}/deploy/helm/parley`;

/**
 * Renders the chart with a file of values, after helm's own checks of it.
 *
 * @param {{tools: string, values: string, upgrade?: boolean, scratch: string}} options `tools`: the folder of helm and of the reader of
 *   manifests; `upgrade`: as over an earlier release; `scratch`: a file that may be written
 * @returns {Promise<{documents: any[], problems: string[]}>} `problems`: what helm, the schema of the values or the types of
 *   Kubernetes refuse
 */
export async function renderChart({ tools, values, upgrade = false, scratch }) {
  const common = ['--values', values, '--kube-version', kubeVersion];
  const linted = await run(`${tools}/helm`, ['lint', chart, '--strict', '--quiet', ...common], { quiet: true });
  const args = ['template', 'parley', chart, ...common, ...(upgrade ? ['--is-upgrade'] : [])];
  const rendered = await run(`${tools}/helm`, args, { quiet: true });
  if (linted.code !== 0 || rendered.code !== 0) return { documents: [], problems: [linted.output + rendered.output] };
  writeFileSync(scratch, rendered.output);
  const typed = await run('/bin/sh', ['-c', '"$0" < "$1"', `${tools}/deploy-tools`, scratch], { quiet: true });
  return {
    documents: parseAllDocuments(rendered.output, { merge: true }).map((document) => document.toJS()),
    problems: typed.code === 0 ? [] : typed.output.trim().split('\n'),
  };
}
