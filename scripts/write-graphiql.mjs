/**
 * Writes the GraphiQL pages into server/dist/pages: one file each, compressed, that loads nothing from anywhere. Into the build and not
 * into the tree, because a page has nine megabytes.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { pages } from './graphiql/pages.mjs';
import { root } from './setup/paths.mjs';

const folder = `${root}/server/dist/pages`;
mkdirSync(folder, { recursive: true });
for (const { name, ...options } of pages) {
  // Swapped in: a server that runs never serves half a page.
  writeFileSync(`${folder}/${name}.next`, gzipSync(renderPage(name, options)));
  renameSync(`${folder}/${name}.next`, `${folder}/${name}.html.gz`);
}

/** The pages are of one origin: each is given a storage of its own, or one would show the tabs of the other. */
function renderPage(name, options) {
  const given = JSON.stringify(options);
  const [before, after, ...more] = renderGraphiQL(options).split(given);
  if (after === undefined || more.length > 0) throw new Error('GraphiQL writes its options in another way now');
  return `${before}Object.assign(${given}, { storage: (${createStorage})(${JSON.stringify(`${name}/`)}) })${after}`;
}

/** Runs in the browser. */
function createStorage(prefix) {
  const { localStorage } = globalThis;
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => {
      for (const key of keys()) localStorage.removeItem(key);
    },
    get length() {
      return keys().length;
    },
  };
}
