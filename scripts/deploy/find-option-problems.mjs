/**
 * Whether the program would take these variables: those it does not know, values that do not fit, a target that there is not or that
 * lacks what processes must share.
 *
 * @param {Record<string, string>} env
 * @param {string[]} command `['serve']` or `['migrate']`
 * @param {Program} program
 * @returns {string[]}
 * @typedef {{parseOptions: (given: object, env: object) => any, services: readonly Service[], storingServices: readonly string[],
 *   opensOf: (target: string) => readonly string[]}} Program out of the built server; `opensOf`: what of the foundation a target needs
 * @typedef {{name: string, ports?: readonly string[], single?: string}} Service what a service says of itself
 */
export function findOptionProblems(env, command, program) {
  let options;
  try {
    options = program.parseOptions({}, env);
  } catch (error) {
    return error.problems ?? [error.message];
  }
  const problems = options.bus === 'memory' ? ['shares no bus: PARLEY_BUS is missing'] : [];
  if (command[0] === 'migrate') return problems;
  if (command[0] !== 'serve') return [`runs ${command.join(' ')}, neither serve nor migrate`];
  const strangers = options.target.filter((target) => !program.services.some(({ name }) => name === target));
  if (strangers.length) return [`${strangers.join()} is no target of its own`];
  if (options.registry === 'memory') problems.push('shares no registry: PARLEY_REGISTRY is missing');
  if (!options['service-secret']) problems.push('PARLEY_SERVICE_SECRET is missing');
  if (!options.advertise) problems.push('PARLEY_ADVERTISE is missing: 0.0.0.0 is no address that others reach');
  if (options.discovery.length === 0) problems.push('PARLEY_DISCOVERY is missing');
  const opens = new Set(options.target.flatMap((target) => program.opensOf(target)));
  for (const service of program.storingServices) {
    const wanted = opens.has(service) || opens.has('changes');
    const given = options[`${service}-database-url`] !== undefined;
    if (wanted !== given) problems.push(`${given ? 'is given' : 'lacks'} the database of ${service}`);
  }
  if (options['key-secret'].length > 0 && !opens.has('identity'))
    problems.push('is given the secret of the signing keys, which is for identity alone');
  return problems;
}
