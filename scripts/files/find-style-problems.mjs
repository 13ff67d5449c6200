const askAbove = 300;
const refuseAbove = 500;

/** Tests that are switched off look like tests that pass. */
const switchedOff = /\b(?:describe|it|test)(?:\.\w+)*\.(only|skip|todo|fails)\b/;

/** Whoever reads the environment has settings that nobody sees in the table of options. */
const readsEnvironment = /\bprocess\.env\b/;
const mayReadEnvironment = /^(server\/src\/main\/|server\/test-support\/engines\.ts$|tests\/|bench\/|scripts\/)/;

/** A context made without the address that a request came from would be one that nobody can be counted for. */
const makesContext = /\bcreateContext\(/;
const nameTheirCallers = /^server\/src\/protocols\/(?!shared\/caller-context\.ts$)/;

/**
 * @param {string} path relative to the root
 * @param {string} text
 * @returns {{path: string, line: number, text: string, fatal: boolean}[]}
 */
export function findStyleProblems(path, text) {
  const lines = text.replace(/\n$/, '').split('\n');
  const problems = [];
  if (lines.length > askAbove) {
    const fatal = lines.length > refuseAbove;
    const advice = fatal ? `split it: ${refuseAbove} is the limit` : 'is it one thing?';
    problems.push({ path, line: lines.length, text: `has ${lines.length} lines: ${advice}`, fatal });
  }
  lines.forEach((line, index) => {
    const off = isTest(path) && switchedOff.exec(line);
    if (off) problems.push({ path, line: index + 1, text: `.${off[1]} switches a test off`, fatal: true });
    if (readsEnvironment.test(line) && !mayReadEnvironment.test(path)) {
      problems.push({ path, line: index + 1, text: 'only server/src/main reads process.env', fatal: true });
    }
    if (makesContext.test(line) && nameTheirCallers.test(path) && !isTest(path)) {
      const text = 'in protocols contexts are made by shared/caller-context.ts, with their address';
      problems.push({ path, line: index + 1, text, fatal: true });
    }
  });
  return problems;
}

function isTest(path) {
  return /\.test\.(tsx?|mjs)$/.test(path);
}
