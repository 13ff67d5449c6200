/** Writes docs/architecture/erd.md from the migrations; with `--check` only says whether it is up to date. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { drawErd } from './erd/draw-erd.mjs';
import { parseTables } from './erd/parse-tables.mjs';
import { listFiles } from './files/list-files.mjs';
import { root } from './setup/paths.mjs';

const target = 'docs/architecture/erd.md';
const folder = 'server/migrations';

const services = readdirSync(`${root}/${folder}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const sections = services
  .map((entry) => entry.name)
  .sort()
  .map((service) => {
    const files = listFiles(root, [`${folder}/${service}`], /\.sql$/);
    const tables = parseTables(files.map((path) => readFileSync(`${root}/${path}`, 'utf8')));
    return `## ${service}\n\n\`\`\`mermaid\n${drawErd(tables)}\n\`\`\`\n`;
  });
const text = `# Tables

Generated from the migrations by \`node scripts/generate-erd.mjs\`; do not edit. One schema per service; no service reads
another's tables.

${sections.join('\n')}`;

if (!process.argv.includes('--check')) {
  writeFileSync(`${root}/${target}`, text);
} else if (readFileSync(`${root}/${target}`, 'utf8') === text) {
  console.log(`erd: ${target} matches the migrations`);
} else {
  console.error(
    `${target} does not match the migrations: run node scripts/generate-erd.mjs and look at the difference.`,
  );
  process.exit(1);
}
