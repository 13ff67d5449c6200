import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sliceMember } from './raw-json.ts';

describe('sliceMember', () => {
  test.each([
    ['{"op":"send","content":{"type":"text","text":"a}\\"]"},"id":"x"}', '{"type":"text","text":"a}\\"]"}'],
    [' { "content" : [1, "]", {"a":[]}] , "x":1}', '[1, "]", {"a":[]}]'],
    ['{"content":  -1.5e3\n}', '-1.5e3'],
    ['{"content":"a\\\\"}', '"a\\\\"'],
    ['{"\\u0063ontent":true}', 'true'],
    ['{"content":1,"content":2}', '2'],
    ['{"x":{"content":1}}', null],
    ['{}', null],
    ['{"a":"content"}', null],
  ])('%s', (text, slice) => {
    expect(sliceMember(text, 'content')).toBe(slice);
  });

  test('cuts out exactly what JSON.parse sees, for any object and any white space', () => {
    const members = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(
        members,
        fc.jsonValue(),
        fc.constantFrom(undefined, 1, '\t'),
        fc.nat(),
        (others, content, indent, seed) => {
          const entries = Object.entries(others).filter(([key]) => key !== 'content' && key !== '__proto__');
          entries.splice(seed % (entries.length + 1), 0, ['content', content]);
          const text = JSON.stringify(Object.fromEntries(entries), null, indent);
          const slice = sliceMember(text, 'content');
          expect(text).toContain(slice as string);
          expect(JSON.parse(slice as string)).toEqual(JSON.parse(JSON.stringify(content)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
