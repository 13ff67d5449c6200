/**
 * The files that docs/contributing/add-a-service.md names, under each of its headings, for a service of this name.
 *
 * @param {string} page
 * @param {string} name
 * @returns {Record<string, string[]>} by heading, paths in the order of the page
 */
export function readPage(page, name) {
  const [, ...sections] = page.split(/^## /m);
  return Object.fromEntries(
    sections.map((section) => {
      const paths = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path.replaceAll('<name>', name));
      return [section.slice(0, section.indexOf('\n')), paths];
    }),
  );
}
