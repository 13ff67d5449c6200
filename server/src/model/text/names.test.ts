import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanFileName, cleanName, hasVisible } from './names.ts';

test.each([
  ['Eve\u202E(nimda)', 'Eve(nimda)'],
  ['Team\u202Egnp.exe', 'Teamgnp.exe'],
  ['  Zoe\u0301 ', 'Zo\u00e9'],
  ['O\u2019Brien', 'O\u2019Brien'],
  ['王小明', '王小明'],
  ['محمد', 'محمد'],
  ['नमस्ते', 'नमस्ते'],
  ['👩\u200d🚀', '👩\u200d🚀'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['😀'.repeat(100), '😀'.repeat(100)],
])('%j is kept as %j', (given, kept) => {
  expect(cleanName(given, 100)).toBe(kept);
});

test.each([
  '',
  ' ',
  '\u200b',
  '\u2800',
  '\u3164\u3164',
  '\u202e\u202c',
  '\u200d',
  'a\nb',
  'a\u0000',
  '\ud800',
  '😀'.repeat(101),
])('%j is no name', (given) => {
  expect(() => cleanName(given, 100)).toThrow(/1 to 100 characters/);
});

test.each([
  ['say "hi"; \u202egpj.exe', 'say "hi"; gpj.exe'],
  ['say %22hi%22.txt', 'say "hi".txt'],
  [`${'x'.repeat(251)}.txt`, `${'x'.repeat(196)}.txt`],
  ['../../etc/passwd', '....etcpasswd'],
  ['\u200b', 'file'],
])('a file %j is called %j', (given, name) => {
  expect(cleanFileName(given)).toBe(name);
});

test('what is clean stays as it is, and is never longer than allowed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const file = cleanFileName(text);
      expect(cleanFileName(file)).toBe(file);
      expect(Array.from(file).length).toBeLessThanOrEqual(200);
      if (!hasVisible(text)) return;
      let name: string;
      try {
        name = cleanName(text, 20);
      } catch {
        return;
      }
      expect(cleanName(name, 20)).toBe(name);
      expect(name).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
