import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What in code marks is taken for a path of this repository: something below a folder of its root. */
const named = /`((?:server|client|web|contracts|scripts|docs|tests|bench|deploy|\.ci)\/[^`\s<*…]*)`/g;
const linked = /\]\(([^)\s]+)\)/g;

/**
 * Paths that a Markdown file names and that are not there: in code marks from the root, in links from the file's own folder.
 * What a build makes (`dist`) need not be there.
 *
 * @param {string} base the root of the repository
 * @param {string} path of the Markdown file, relative to `base`
 * @param {string} text
 * @returns {{line: number, path: string}[]}
 */
export function findBrokenPaths(base, path, text) {
  const exists = (target) => /(^|\/)dist(\/|$)/.test(target) || existsSync(join(base, target));
  return withoutFences(text).flatMap((line, index) => {
    const fromRoot = [...line.matchAll(named)].map((match) => match[1]);
    const fromHere = [...line.matchAll(linked)]
      .map((match) => match[1].replace(/#.*$/, ''))
      .filter((target) => target && !/^[a-z]+:/.test(target))
      .map((target) => normalize(join(dirname(path), target)));
    return [...fromRoot, ...fromHere]
      .filter((target) => !exists(target))
      .map((target) => ({ line: index + 1, path: target }));
  });
}

/** The lines, those inside fences of code emptied, so that numbers stay. */
function withoutFences(text) {
  let inFence = false;
  return text.split('\n').map((line) => {
    const mark = /^\s*```/.test(line);
    if (mark) inFence = !inFence;
    return mark || inFence ? '' : line;
  });
}
