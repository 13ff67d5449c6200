import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMail, parseMail } from './mail-format.ts';

const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text));
const body = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r', ''));

test('what is written is read back, whatever it holds', () => {
  fc.assert(
    fc.property(line, line, body, (to, subject, text) => {
      const at = new Date(1_700_000_000_000);
      expect(parseMail(formatMail({ to, subject, text }, at))).toEqual({ to, subject, text, sentAt: at.toISOString() });
    }),
  );
});

test('a file that is no mail is read without failing', () => {
  fc.assert(fc.property(fc.string(), (file) => void parseMail(file)));
});
