/**
 * Checks what is in deploy/ without a cluster and without a container engine: the chart under several sets of values, the compose
 * files, the Dockerfile, nginx. Whatever tells the program an option is held against the program's own table of options.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkNginx } from './deploy/check-nginx.mjs';
import { findComposeProblems } from './deploy/find-compose-problems.mjs';
import { findDockerfileProblems } from './deploy/find-dockerfile-problems.mjs';
import { findManifestProblems } from './deploy/find-manifest-problems.mjs';
import { renderChart } from './deploy/render-chart.mjs';
import { accepted, refused } from './deploy/sets-of-values.mjs';
import { writePaths } from './deploy/write-paths.mjs';
import { listEngines } from './engines/support/list-engines.mjs';
import { root } from './setup/paths.mjs';

const tools = process.env.DEPLOY_TOOLS;
if (!tools) throw new Error('DEPLOY_TOOLS is not set: run `npm test -- deploy`');
const built = `${root}/server/dist/main`;
const { options, parseOptions } = await import(`${built}/options.js`);
const { serviceTargets } = await import(`${built}/targets.js`);
const { modules } = await import(`${built}/modules.js`);
const { planModules } = await import(`${root}/server/dist/runtime/modules.js`);
const { createNginxConfig } = await import(`${built}/cluster/nginx-config.js`);
const { listIngressPaths } = await import(`${built}/cluster/live-paths.js`);
const opensOf = (target) =>
  planModules(modules, [target])
    .flat()
    .flatMap(({ opens = [] }) => opens);
const program = { options, parseOptions, serviceTargets, opensOf };
const read = (path) => readFileSync(`${root}/${path}`, 'utf8');

const problems = [];
const scratch = mkdtempSync(join(tmpdir(), 'parley-deploy-'));
try {
  await checkChart();
  await checkCompose();
  checkSkaffold();
  await checkPaths();
  collect('deploy/Dockerfile', findDockerfileProblems(read('deploy/Dockerfile'), program));
  collect('deploy/nginx', await checkNginx({ createNginxConfig, scratch }));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(
  problems.length
    ? `${problems.length} problems with deploy/`
    : 'deploy: chart, compose files, Skaffold, Dockerfile and nginx hold',
);
process.exit(problems.length ? 1 : 0);

async function checkChart() {
  const { appVersion } = parse(read('deploy/helm/parley/Chart.yaml'));
  if (appVersion !== JSON.parse(read('package.json')).version)
    problems.push('Chart.yaml: appVersion is not the version of the program');
  for (const { name, values, upgrade = false, secret } of accepted) {
    const rendered = await renderChart({ tools, values: file(values), upgrade, scratch: `${scratch}/rendered.yaml` });
    collect(`chart, ${name}`, rendered.problems);
    if (rendered.problems.length) continue;
    collect(
      `chart, ${name}`,
      findManifestProblems(rendered.documents, {
        program,
        realtimePaths: listIngressPaths(),
        secret,
        image: `parley:${appVersion}`,
      }),
    );
  }
  for (const { name, values, because } of refused) {
    const rendered = await renderChart({ tools, values: file(values), scratch: `${scratch}/rendered.yaml` });
    if (!rendered.problems.join('\n').includes(because))
      problems.push(`chart, ${name}: is not refused because of ${because}`);
  }
}

/** A file of values as it is, or one written from an object. */
function file(values) {
  if (typeof values === 'string') return `${root}/${values}`;
  writeFileSync(`${scratch}/values.yaml`, JSON.stringify(values));
  return `${scratch}/values.yaml`;
}

async function checkCompose() {
  const full = parse(read('deploy/compose.yaml'), { merge: true });
  collect('deploy/compose.yaml', findComposeProblems(full, { folder: `${root}/deploy`, program }));
  const engines = parse(read('compose.yaml'), { merge: true });
  collect('compose.yaml', findComposeProblems(engines, { folder: root, program: null }));
  for (const { name, defaultPort } of await listEngines()) {
    const { ports = [], network_mode: network } = engines.services[name] ?? {};
    const open = ports.some((port) => port.startsWith(`127.0.0.1:${defaultPort}:`)) || network === 'host';
    if (!open) problems.push(`compose.yaml: ${name} is not at the port ${defaultPort} of npm run engines`);
  }
}

/** It puts the image it builds where the chart's values name one, and takes values that are there. */
function checkSkaffold() {
  const { build, deploy } = parse(read('deploy/skaffold.yaml'));
  const [{ image, docker }] = build.artifacts;
  const [{ chartPath, valuesFiles, setValueTemplates }] = deploy.helm.releases;
  const { repository } = parse(read('deploy/helm/parley/values.yaml')).image;
  if (image !== repository) problems.push(`skaffold.yaml builds ${image}, the chart runs ${repository}`);
  const keys = Object.values(setValueTemplates).join(' ');
  if (keys !== `{{.IMAGE_REPO_${image}}} {{.IMAGE_TAG_${image}}}`) problems.push(`skaffold.yaml hands over ${keys}`);
  for (const path of [
    docker.dockerfile,
    `deploy/${chartPath}/Chart.yaml`,
    ...valuesFiles.map((name) => `deploy/${name}`),
  ])
    if (!existsSync(`${root}/${path}`)) problems.push(`skaffold.yaml names ${path}, which is not there`);
}

/** What follows from the protocols is as it would be written. */
async function checkPaths() {
  for (const [path, text] of Object.entries(await writePaths())) {
    if (!existsSync(`${root}/${path}`) || read(path) !== text)
      problems.push(`${path} differs from what is generated: npm run build && node scripts/generate-paths.mjs`);
  }
}

function collect(where, found) {
  problems.push(...found.map((text) => `${where}: ${text}`));
}
