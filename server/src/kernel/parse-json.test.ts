import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLimits, parseJson } from './parse-json.ts';

const refusal = (text: string): string => {
  try {
    parseJson(text);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return 'taken';
};

test.each([
  ['{"type":"text","text":"a","text":"b"}', /twice/],
  ['[{"a":{"b":1,"b":1}}]', /twice/],
  ['{"\\u0061":1,"a":2}', /twice/],
  ['{"__proto__":1,"a":2}', /^taken$/],
  ['{"a":"b:c:d{[\\"","b":[":"]}', /^taken$/],
  ['{"a":1}{"b":2}', /not valid JSON/],
  ['', /not valid JSON/],
  [`${'['.repeat(jsonLimits.depth)}${']'.repeat(jsonLimits.depth)}`, /^taken$/],
  ['['.repeat(520_000) + ']'.repeat(520_000), /levels deep/],
  [`{${Array.from({ length: jsonLimits.members + 1 }, (_, i) => `"k${i}":1`).join()}}`, /members of objects/],
  [`"${'x'.repeat(100_000)}`, /not valid JSON/],
])('%.40s', (text, said) => {
  expect(refusal(text)).toMatch(said);
  expect(refusal(text).length).toBeLessThan(200);
});

test('all other JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(4), (text, indent) => {
      const pretty = JSON.stringify(JSON.parse(text), null, indent);
      expect(parseJson(pretty)).toEqual(JSON.parse(pretty));
    }),
  );
});

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.nat(), (text, cut) => {
      expect(refusal(text.slice(0, cut % (text.length + 1)))).toMatch(/^taken$|JSON|twice/);
    }),
  );
});
