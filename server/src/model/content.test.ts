import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../kernel/errors.ts';
import { hashContent, parseContent } from './content.ts';

const parse = (raw: string) => parseContent(raw, JSON.parse(raw));
const refusal = (raw: string): string => {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

describe('parseContent', () => {
  test('keeps the characters it was given', () => {
    const raw = '{ "text" : "h\\u00e9 ", "type":"text" }';
    expect(parse(raw).raw).toBe(raw);
  });

  test.each([
    ['{"type":"image","attachment":"01890a5d-ac96-774b-bcce-b302099a8057","text":"x"}'],
    ['{"type":"location","latitude":-90,"longitude":180}'],
    ['{"type":"json","value":null}'],
    ['{"type":"form","value":{"a":[1,2.5,true]}}'],
  ])('accepts %s', (raw) => expect(refusal(raw)).toBe('accepted'));

  test.each([
    ['[]', 'content must be an object'],
    ['{"type":"system","event":"joined"}', 'content.type must be one of'],
    ['{"type":"toString"}', 'content.type must be one of'],
    ['{"type":"text"}', 'content.text is missing'],
    ['{"type":"text","text":""}', 'content.text has nothing to see'],
    ['{"type":"text","text":" \\n"}', 'content.text has nothing to see'],
    ['{"type":"text","text":"\u2800"}', 'content.text has nothing to see'],
    ['{"type":"text","text":1}', 'content.text must be a string'],
    ['{"type":"text","text":"a","bold":true}', 'content.bold is not known'],
    ['{"type":"text","text":"a\\u0000b"}', 'NUL'],
    ['{"type":"text","text":"\\ud800"}', 'surrogate'],
    ['{"type":"json","value":{"\\udc00":1}}', 'surrogate'],
    ['{"type":"json","value":1e999}', 'too large'],
    [`{"type":"json","value":${'['.repeat(65)}${']'.repeat(65)}}`, 'nested more than 64'],
    ['{"type":"location","latitude":91,"longitude":0}', 'content.latitude'],
    ['{"type":"image","attachment":"../etc/passwd"}', 'content.attachment'],
    [`{"type":"text","text":"${'é'.repeat(8193)}"}`, 'request.too_large'],
    [`{"type":"json","value":"${'a'.repeat(65_536)}"}`, 'request.too_large'],
  ])('refuses %.60s', (raw, why) => expect(refusal(raw)).toContain(why));

  test('the hash is of the meaning, not of the spelling', () => {
    expect(parse('{"type":"text","text":"\\u0061"}').hash).toBe(parse('{ "text":"a", "type":"text" }').hash);
    expect(parse('{"type":"text","text":"a"}').hash).not.toBe(parse('{"type":"text","text":"b"}').hash);
  });

  test('no JSON at all makes it throw anything but a Failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.jsonValue().map((v) => JSON.stringify({ type: 'json', value: v })),
        ),
        (raw) => {
          expect(refusal(raw)).toBeTypeOf('string');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('objects with the same members in another order hash alike', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(hashContent(turned)).toBe(hashContent(value));
      }),
    );
  });
});
