import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { options } from '../../server/src/main/options.ts';
import { root } from '../setup/paths.mjs';
import { describeAsEnvironment, describeAsTable, placeTable } from './describe-options.mjs';

const read = (path) => readFileSync(`${root}/${path}`, 'utf8');
const stale = 'run npm run build && node scripts/generate-options.mjs';

test('.env.example follows the table of options', () => {
  expect(read('.env.example'), stale).toBe(describeAsEnvironment(options));
});

test('docs/operations/configuration.md follows the table of options', () => {
  const document = read('docs/operations/configuration.md');
  expect(document, stale).toBe(placeTable(document, describeAsTable(options)));
});

test('a document without marks is refused', () => {
  expect(() => placeTable('# Title', '')).toThrow('options: generated');
});
