/** Writes contracts/graphql/schema.graphql from the built server's schema; with `--check` only says whether it is up to date. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { root } from './setup/paths.mjs';

const target = 'contracts/graphql/schema.graphql';
const path = `${root}/${target}`;

const { schema } = await import(`${root}/server/dist/protocols/graphql/schema/schema.js`);
const text = `# Generated from server/src/protocols/graphql/schema by \`node scripts/generate-graphql.mjs\`; do not edit.

${printSchema(lexicographicSortSchema(schema))}
`;

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
} else if (existsSync(path) && readFileSync(path, 'utf8') === text) {
  console.log(`graphql: ${target} matches the schema`);
} else {
  console.error(
    `${target} does not match the schema: run node scripts/generate-graphql.mjs and look at the difference.`,
  );
  process.exit(1);
}
