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
  writeFileSync(`${folder}/${name}.next`, gzipSync(renderGraphiQL(options)));
  renameSync(`${folder}/${name}.next`, `${folder}/${name}.html.gz`);
}
