import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../../migrations', import.meta.url));

test.each(readdirSync(folder))(
  'the migrations of %s are numbered without a gap, and no number stands twice',
  (service) => {
    const numbers = readdirSync(`${folder}/${service}`).map((name) => /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
    expect(numbers).toEqual(numbers.map((_, i) => String(i + 1).padStart(4, '0')));
  },
);
