/**
 * Citations of rules that the page of rules does not have.
 *
 * @param {string} page docs/architecture/message-path.md
 * @param {Iterable<{path: string, text: string}>} files
 * @returns {string[]}
 */
export function findUnknownRules(page, files) {
  const known = new Set([...page.matchAll(/^\*\*Rule (\d+)\./gm)].map((match) => match[1]));
  return [...files].flatMap(({ path, text }) =>
    [...text.matchAll(/MESSAGE-PATH[\s*/-]*(?:rules?\s)?([\d, –and]+)/g)]
      .flatMap((match) => match[1].match(/\d+/g) ?? [])
      .filter((number) => !known.has(number))
      .map((number) => `${path} cites rule ${number}, which docs/architecture/message-path.md does not have`),
  );
}
