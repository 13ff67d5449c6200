import { findOptionProblems } from './find-option-problems.mjs';
import { parseDockerfile, parseEnv, parseExecForm } from './parse-dockerfile.mjs';

/**
 * @param {string} source
 * @param {import('./find-option-problems.mjs').Program & {options: Record<string, {fallback?: string}>}} program
 * @returns {string[]} what is wrong besides what carrying it out shows
 */
export function findDockerfileProblems(source, program) {
  const stages = parseDockerfile(source);
  const last = Object.fromEntries(stages.at(-1).instructions.map(({ name, text }) => [name, text]));
  const problems = [];
  const must = (holds, text) => holds || problems.push(text);
  for (const { base } of stages)
    must(/:\d+-slim$/.test(base), `builds on ${base}: not a slim image of one major version`);
  must(/^[1-9]\d*:[1-9]\d*$/.test(last.USER ?? ''), 'names no USER by number, or root');
  for (const name of ['ENTRYPOINT', 'CMD']) must(parseExecForm(last[name] ?? ''), `${name} is not in exec form`);
  must(last.HEALTHCHECK, 'has no HEALTHCHECK');
  const ports = ['port', 'grpc-port', 'admin-port', 'rpc-port'].map((name) => program.options[name].fallback);
  must(last.EXPOSE === ports.join(' '), `EXPOSE is not ${ports.join(' ')}`);
  const env = Object.fromEntries(
    Object.entries(parseEnv(last.ENV ?? '')).filter(([name]) => name.startsWith('PARLEY_')),
  );
  problems.push(...findOptionProblems({ PARLEY_BUS: 'kafka://kafka:9092', ...env }, ['migrate'], program));
  return problems;
}
