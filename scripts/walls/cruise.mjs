import { createRequire } from 'node:module';
import { findCycles } from './find-cycles.mjs';

const require = createRequire(import.meta.url);

// The cruiser asks swc for TypeScript without JSX. It takes swc's functions when it is loaded, hence the order here.
const swc = require('@swc/core');
const { parseFileSync } = swc;
swc.parseFileSync = (path, options) => parseFileSync(path, { ...options, tsx: path.endsWith('.tsx') });
const { cruise } = await import('dependency-cruiser');

const config = require('../../.dependency-cruiser.cjs');

/** The names of all rules. */
export const ruleNames = ['no-cycles', ...config.forbidden.map((rule) => rule.name)];

const folders = ['server', 'contracts', 'client', 'web', 'tests', 'bench'];

/**
 * Reads every import below `baseDir` and holds it against the rules.
 *
 * @param {string} baseDir
 * @returns {Promise<{violations: {rule: string, from: string, to: string}[], edges: Map<string, {path: string}[]>}>}
 *   `edges`: what each of our own files imports, by paths relative to `baseDir`
 */
export async function cruiseTree(baseDir) {
  const { output } = await cruise(
    folders,
    { ...config.options, baseDir, ruleSet: { forbidden: config.forbidden }, validate: true },
    config.options.enhancedResolveOptions,
  );
  const edges = new Map(
    output.modules
      .filter((module) => /\.(tsx?|mjs|cjs|js)$/.test(module.source) && !module.source.includes('node_modules/'))
      .filter((module) => !module.couldNotResolve && !module.coreModule)
      .map(({ source, dependencies }) => [source, dependencies.map((dependency) => ({ path: dependency.resolved }))]),
  );
  const cycles = findCycles(edges);
  const violations = [
    ...output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    ...cycles.map((cycle) => ({ rule: 'no-cycles', from: cycle[0], to: [...cycle.slice(1), cycle[0]].join(' → ') })),
  ];
  return { violations, edges };
}
