/** The oldest Node that can run the program; must say the same as `engines` in package.json. */
export const oldestNode = [20, 19];

/** Whether a version such as `v22.3.0` is new enough. */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** Ends the process with a message for people when Node is too old: the alternative is a syntax error from a dependency. */
export function requireNode() {
  if (isNodeNewEnough(process.version)) return;
  console.error(
    `Parley needs Node ${oldestNode.join('.')} or newer; this is ${process.version} (${process.execPath}).\n` +
      'Install a newer one (https://nodejs.org, or `nvm install 22`) and run the same command again.',
  );
  process.exit(1);
}
