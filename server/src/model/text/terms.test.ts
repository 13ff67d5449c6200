import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeTerms, queryTerms, termLimits, textTerms } from './terms.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      ...['你', '好', '世', 'ガ', 'ｶﾞ', 'ー', '한', 'a', 'É', 'ß', 'ﷺ', '٣', '\u00ad', "'", '+', '#', ' ', '1', '😀'],
    ),
    maxLength: 40,
  }),
);

/** As the index answers: all terms, the last one as a beginning. */
function finds(query: string, text: string): boolean {
  const held = textTerms(text);
  const asked = queryTerms(query);
  const last = asked.at(-1);
  if (last === undefined) return false;
  return asked.slice(0, -1).every((term) => held.includes(term)) && held.some((term) => term.startsWith(last));
}

const eightyWords = Array.from({ length: 80 }, (_, i) => `word${i + 1}x`).join(' ');
const ninetyHan = Array.from({ length: 90 }, (_, i) => String.fromCodePoint(0x4e00 + i * 3)).join('');

describe('a text is found', () => {
  test.each([
    ['Latin', 'Crème brûlée', 'CREME brulee'],
    ['Latin', 'die Straße', 'strasse'],
    ['Latin', 'STRASSE', 'straße'],
    ['Latin', 'Łódź', 'lodz'],
    ['Latin', 'Smørrebrød, Æble, Œuvre, Þórr', 'smorrebrod aeble oeuvre thor'],
    ['Latin', 'ISTANBUL İstanbul ılık', 'istanbul ilik'],
    ['Latin', 'Tiếng Việt', 'tieng viet'],
    ['Latin, a soft hyphen inside', 'Donau\u00addampf\u00adschiff', 'donaudampfschiff'],
    ['Latin, ligature and width', 'ﬁne ２０ Ｗｉｄｅ', 'fine 20 wide'],
    ['Greek', 'ΟΔΟΣ ΆΝΘΡΩΠΟΣ', 'οδος ανθρωπος'],
    ['Cyrillic', 'Ёлка на Майдане', 'елка маидане'],
    ['Cyrillic', "комп'ютер", 'комп’ютер'],
    ['Arabic, pointed', 'كَتَبَ', 'كتب'],
    ['Arabic, by pointed', 'كتب', 'كَتَبَ'],
    ['Arabic, stretched', 'الـــسلام', 'السلام'],
    ['Arabic, hamza', 'أحمد', 'احمد'],
    ['Persian', 'می\u200cخواهم کتاب', 'ميخواهم كتاب'],
    ['digits of Arabic', '٣٤٥', '345'],
    ['digits of Persian', '345', '۳۴۵'],
    ['digits of Devanagari', '१२३', '123'],
    ['Hebrew', 'שָׁלוֹם', 'שלום'],
    ['Syriac', 'ܫܠܵܡܵܐ', 'ܫܠܡܐ'],
    ['Armenian', 'ՀԱՅԱՍՏԱՆ', 'հայաստան'],
    ['Georgian', 'ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ', 'საქართველო'],
    ['Devanagari', 'हिन्दी में', 'हिन्दी'],
    ['Bengali', 'বাংলা ভাষা', 'ভাষা'],
    ['Tamil', 'தமிழ் மொழி', 'மொழி'],
    ['Telugu', 'తెలుగు భాష', 'తెలుగు'],
    ['Sinhala', 'ශ්‍රී ලංකාව', 'ශ්රී'],
    ['Thai', 'สวัสดีครับ', 'ครับ'],
    ['Lao', 'ສະບາຍດີ', 'ບາຍ'],
    ['Khmer', 'សួស្តីកម្ពុជា', 'កម្ពុជា'],
    ['Myanmar', 'မင်္ဂလာပါ', 'လာပါ'],
    ['Tibetan', 'བོད་ཡིག', 'ཡིག'],
    ['Ethiopic', 'ሰላም ለዓለም', 'ለዓለም'],
    ['Han', '今天天气很好', '天气'],
    ['Han, one character', '今天天气很好', '很'],
    ['Han, after 90', `${ninetyHan}终点`, '终点'],
    ['Han, by all of it', `${ninetyHan}终点`, `${ninetyHan}终点`],
    ['kana, half width', 'ﾃﾞｰﾀ', 'データ'],
    ['kana, by half width', 'データベース', 'ﾃﾞｰﾀ'],
    ['Hangul', '한국어를 배워요', '국어'],
    ['Hangul, taken apart', '한국어'.normalize('NFD'), '한국'],
    ['Cherokee', 'ᏣᎳᎩ', 'ꮳꮃꭹ'],
    ['emoji', 'well 😀', '😀'],
    ['emoji, without its tone', 'ok 👍🏽', '👍'],
    ['emoji, by one of a family', '👩‍👧', '👧'],
    ['flag', 'in 🇩🇪🇫🇷', '🇫🇷'],
    ['heart, with a selector or not', '❤️', '❤'],
    ['symbol', '5 € → 6', '€'],
    ['name with an ending', 'we use C++ here', 'C++'],
    ['name with an ending, by its letter', 'we use C++ here', 'we c'],
    ['name with an ending', 'C#, F#', 'f#'],
    ['apostrophe', 'O’Brien', 'obrien'],
    ['apostrophe', "O'Brien", 'brien'],
    ['apostrophe', "l'amour, don't", 'amour don’t'],
    ['the 64th of 80 words', eightyWords, 'word64x'],
    ['the 80th of 80 words', eightyWords, 'word80x'],
  ])('%s: %s by %s', (_script, text, query) => {
    expect(finds(query, text)).toBe(true);
  });

  test.each([
    ['C++', 'c code, cats and clouds'],
    ['C#', 'C++'],
    ['हिन्दू', 'हिन्दी'],
    ['का', 'की'],
    ['ガ', 'カ'],
    ['終点', '终点'],
    ['😀', '😁'],
    ["l'amour", 'amour'],
    ['🇫🇩', '🇩🇪🇫🇷'],
    [' .!? ', 'what .!? is'],
  ])('by %s, but not %s', (query, text) => {
    expect(finds(query, text)).toBe(false);
  });

  test('by every word of itself, in any Unicode form and case', () => {
    const form = fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD');
    fc.assert(
      fc.property(anyText, form, form, (text, stored, typed) => {
        for (const word of text.split(/\s+/)) {
          if (queryTerms(word).length === 0 || queryTerms(word).length >= termLimits.queryTerms) continue;
          expect(finds(word.normalize(typed), text.normalize(stored))).toBe(true);
        }
      }),
    );
  });
});

describe('terms', () => {
  test.each([
    ['Hello, hello WORLD', ['hello', 'world']],
    ['v2你好世', ['v2', '你好', '好世', '世']],
    ['null "quoted" \\', ['null', 'quoted']],
  ])('of %s', (text, terms) => {
    expect(textTerms(text)).toEqual(terms);
  });

  test('are bounded, and hold nothing that means something to PostgreSQL', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const terms = textTerms(text);
        expect(new Set(terms).size).toBe(terms.length);
        for (const term of [...terms, ...queryTerms(text)]) {
          expect([...term].length).toBeLessThanOrEqual(termLimits.termLength);
          expect(term).toMatch(/^(?:[\p{L}\p{N}\p{M}+#]|(?![\0-\x7f])\p{S})+$/u);
        }
        expect(queryTerms(text).length).toBeLessThanOrEqual(termLimits.queryTerms);
      }),
    );
  });

  test('of the longest texts stay within what a tsvector holds', () => {
    const every = Array.from({ length: 0x5000 }, (_, i) => String.fromCodePoint(0x20000 + i)).join('');
    for (const text of [every, 'ﷺ'.repeat(16_384), '㌀㌁㌂'.repeat(8_000), eightyWords.repeat(200)]) {
      const bytes = textTerms(text).reduce((sum, term) => sum + Buffer.byteLength(term), 0);
      expect(bytes).toBeLessThanOrEqual(termLimits.units * 3);
    }
    expect(textTerms('x'.repeat(16_000))[0]).toHaveLength(termLimits.termLength);
  });

  test('have places inside the text, and those of a long run where they stand', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const { start } of placeTerms(text)) expect(start).toBeLessThan(text.length);
      }),
    );
    const text = `${ninetyHan}终点${ninetyHan}`;
    const place = [...placeTerms(text)].find(({ term }) => term === '终点');
    expect(place?.start).toBe(90);
  });
});
