/**
 * npm leaves an optional package out of the lock when the registry it asked does not have it, as some mirrors have not those of
 * other systems; then `npm ci` refuses the whole lock, on every machine.
 *
 * @param {{packages: Record<string, any>}} lock
 * @returns {{path: string, entry: object}[]} what the lock has to hold besides
 */
export function findMissingPackages(lock) {
  return Object.values(lock.packages).flatMap((dependent) =>
    Object.entries(dependent.optionalDependencies ?? {})
      .filter(([name]) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)))
      .map(([name, version]) => ({ path: `node_modules/${name}`, entry: describePackage(name, version, dependent) })),
  );
}

/** Systems and processors are the last words of such a package's name: `core-linux-arm-gnueabihf`, `cli-win32-x64`. */
function describePackage(name, version, dependent) {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${name} is missing from package-lock.json, and ${version} names no version`);
  const system = /-(?:(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(\w+))?|(wasm32)-wasi)$/.exec(
    name,
  );
  if (!system)
    throw new Error(`${name} is missing from package-lock.json, and its name does not say for which system it is`);
  const [, os, cpu, abi, wasm] = system;
  return {
    version,
    cpu: [cpu ?? wasm],
    ...(dependent.dev && { dev: true }),
    ...(os === 'linux' && { libc: [abi === 'musl' ? 'musl' : 'glibc'] }),
    optional: true,
    ...(os && { os: [os] }),
  };
}
