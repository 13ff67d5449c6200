/**
 * Cycles of imports. One of types alone counts as well: it shows that something stands in the wrong file, or that two files are
 * one.
 *
 * @param {Map<string, {path: string}[]>} edges what each file imports
 * @returns {string[][]} the files of each cycle, in order of import
 */
export function findCycles(edges) {
  const state = new Map();
  const trail = [];
  const cycles = [];
  const visit = (path) => {
    state.set(path, 'open');
    trail.push(path);
    for (const next of new Set((edges.get(path) ?? []).map((dependency) => dependency.path))) {
      if (state.get(next) === 'open') cycles.push(trail.slice(trail.indexOf(next)));
      else if (!state.has(next) && edges.has(next)) visit(next);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of edges.keys()) if (!state.has(path)) visit(path);
  return cycles;
}
