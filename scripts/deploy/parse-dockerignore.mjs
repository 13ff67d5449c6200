/**
 * What `.dockerignore` keeps out of a build, as Docker reads it: the last pattern that fits decides, and one that fits a folder fits
 * what is in it.
 *
 * @param {string} source
 * @returns {(path: string) => boolean} whether the file `path`, relative to the root, is kept out
 */
export function parseDockerignore(source) {
  const rules = source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ out: !line.startsWith('!'), pattern: toPattern(line.replace(/^!/, '')) }));
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.out ?? false;
}

function toPattern(glob) {
  const body = glob
    .replace(/^\/|\/$/g, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map(
      (part) =>
        ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ??
        part.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${body}(?:/|$)`);
}
