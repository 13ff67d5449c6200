/**
 * Cycles of imports that exist when the program runs: two files that run through each other are one file. A type may point
 * back. (The cruiser cannot tell the two apart without TypeScript's own compiler interface, which version 7 has not.)
 *
 * @param {Map<string, {path: string, specifier: string}[]>} edges what each file imports
 * @param {(path: string) => string} readText
 * @returns {string[][]} the files of each cycle, in order of import
 */
export function findCycles(edges, readText) {
  const state = new Map();
  const trail = [];
  const cycles = [];
  const visit = (path) => {
    state.set(path, 'open');
    trail.push(path);
    for (const next of importsAtRunTime(edges.get(path) ?? [], readText(path))) {
      if (state.get(next) === 'open') cycles.push(trail.slice(trail.indexOf(next)));
      else if (!state.has(next) && edges.has(next)) visit(next);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of edges.keys()) if (!state.has(path)) visit(path);
  return cycles;
}

/** Every string that follows `import` or `export` where no `type` stands between: more than the imports, never less. */
const afterImport = /\b(?:import|export)\b(?!\s+type\b)[^'";]*?['"]([^'"]+)['"]/g;

function importsAtRunTime(dependencies, text) {
  const specifiers = new Set([...text.matchAll(afterImport)].map((match) => match[1]));
  return new Set(dependencies.filter(({ specifier }) => specifiers.has(specifier)).map(({ path }) => path));
}
