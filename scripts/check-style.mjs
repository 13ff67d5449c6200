/** Checks what no linter knows: the length of files, tests that are switched off, and who reads the environment. */

import { readFileSync } from 'node:fs';
import { findStyleProblems } from './files/find-style-problems.mjs';
import { listFiles } from './files/list-files.mjs';
import { root } from './setup/paths.mjs';

const files = listFiles(
  root,
  ['server', 'contracts', 'client', 'web', 'tests', 'bench', 'scripts'],
  /\.(ts|tsx|mjs|cjs)$/,
);
const found = files.flatMap((path) => findStyleProblems(path, readFileSync(`${root}/${path}`, 'utf8')));
for (const { path, line, text, fatal } of found) console.error(`${fatal ? 'error' : 'note'}: ${path}:${line} ${text}`);
const fatal = found.filter((problem) => problem.fatal).length;
console.log(fatal ? `${fatal} problems of style` : `style: ${files.length} files`);
process.exit(fatal ? 1 : 0);
