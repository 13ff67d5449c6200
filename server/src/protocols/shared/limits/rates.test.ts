import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createRates, defaultRates } from './rates.ts';

test('by default an operator has the default rates', () => {
  expect(createRates({ sendsPerSecond: 200, signInsPerSecond: 20 })).toEqual(defaultRates);
});

test('more sends bring more of what goes with them; fewer take nothing from reading', () => {
  const many = createRates({ sendsPerSecond: 2_000, signInsPerSecond: 20 });
  expect(many.sends).toEqual({ perSecond: 2_000, burst: 10_000 });
  expect(many.reading).toEqual({ perSecond: 10_000, burst: 50_000 });
  expect([many.frames, many.refreshes]).toEqual([defaultRates.frames, defaultRates.refreshes]);
  const few = createRates({ sendsPerSecond: 12, signInsPerSecond: 1 });
  expect(few).toEqual({
    ...defaultRates,
    sends: { perSecond: 12, burst: 60 },
    signIns: { perSecond: 1, burst: 200 },
  });
});

test('the table of rates for operators is the one that is in force', async () => {
  const page = await readFile(new URL('../../../../../docs/operations/configuration.md', import.meta.url), 'utf8');
  const number = (text: string | undefined) => Number(text?.replaceAll(',', ''));
  const rows = page.matchAll(/^\| (\w+) \| [^|]+ \| (?:account|address)[^|]* \| ([\d,]+) \| ([\d,]+) \|$/gm);
  const told = [...rows].map(([, name, rate, burst]) => [name, { perSecond: number(rate), burst: number(burst) }]);
  expect(Object.fromEntries(told)).toEqual(defaultRates);
});
