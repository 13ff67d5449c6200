/**
 * What texts are compared by: equal for all forms of a text that a reader takes for the same. Without case, width, compatibility
 * forms, digits of other scripts and the marks that writers leave out (accents, Arabic and Hebrew vowel points); the vowel signs of
 * Indic scripts are letters to their readers and stay. May be longer or shorter than the text. Pure.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text
    .replace(leftOut, '')
    .replace(tooManyMarks, '$1')
    .normalize('NFKD')
    .replace(leftOut, '')
    .toUpperCase() // ß is SS, and so is its fold
    .toLowerCase()
    .normalize('NFKD')
    .replace(leftOut, '')
    .replace(otherLetters, (letter) => sameLetters[letter] as string)
    .replace(otherDigits, toAsciiDigit)
    .normalize('NFC'); // kana, Hangul and Indic letters are put together again
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/**
 * Characters that are not drawn (soft hyphens, joiners, variation selectors), the tone of an emoji's skin, the Arabic letter that only
 * lengthens; then the marks of Latin, Greek and Cyrillic, Hebrew, Arabic and Syriac.
 */
const leftOut = new RegExp(
  String.raw`[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}\u0640` +
    String.raw`\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f` +
    String.raw`\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7` +
    String.raw`\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0898-\u089f\u08ca-\u08ff` +
    String.raw`\u0711\u0730-\u074a]`,
  'gu',
);

/** Normalising sorts the marks of a letter, in the square of their number. No script has 30 (Unicode TR 15, stream-safe text). */
const tooManyMarks = /(\p{M}{30})\p{M}+/gu;

/** What Unicode does not take apart and a keyboard of another country writes otherwise. After case has gone. */
const sameLetters: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ς: 'σ',
  ی: 'ي',
  ى: 'ي',
  ک: 'ك',
  '\u2018': "'",
  '\u2019': "'",
  '\u02bb': "'",
  '\u02bc': "'",
  '\u05f3': "'",
  '\u05f4': "'",
};
const otherLetters = new RegExp(`[${Object.keys(sameLetters).join('')}]`, 'gu');

const otherDigits = /(?![0-9])\p{Nd}/gu;
const digits = new Map<string, string>();

/** Digits come in tens from zero on, in every script. */
function toAsciiDigit(digit: string): string {
  const known = digits.get(digit);
  if (known !== undefined) return known;
  const code = digit.codePointAt(0) as number;
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++;
  digits.set(digit, String(value));
  return String(value);
}
