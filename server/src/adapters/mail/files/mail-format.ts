import { fail } from '../../../kernel/errors.ts';
import type { Mail } from '../../../ports/mail.ts';

/**
 * The file form of a mail: RFC 5322 with UTF-8 header values (RFC 6532) and an 8-bit body, so that it can be read with any pager.
 * Line ends of the text come back as \n.
 */
export function formatMail(mail: Mail, at: Date): string {
  const headers = [
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `X-Parley-Date: ${at.toISOString()}`,
    `From: Parley <no-reply@localhost>`,
    `To: ${headerValue('address', mail.to)}`,
    `Subject: ${headerValue('subject', mail.subject)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  const text = mail.text.replace(/\r\n?/g, '\n').replaceAll('\n', '\r\n');
  return `${headers.join('\r\n')}\r\n\r\n${text}`;
}

/** Reads what `formatMail` wrote; an unknown header is passed over and a missing one reads empty. */
export function parseMail(file: string): Mail & { readonly sentAt: string } {
  const border = file.indexOf('\r\n\r\n');
  const head = border < 0 ? file : file.slice(0, border);
  const text = border < 0 ? '' : file.slice(border + 4);
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2));
  }
  return {
    to: headers.get('to') ?? '',
    subject: headers.get('subject') ?? '',
    sentAt: headers.get('x-parley-date') ?? '',
    text: text.replaceAll('\r\n', '\n'),
  };
}

/** One line: whoever may put a line break into a header may write headers of their own. */
function headerValue(what: string, text: string): string {
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) {
    throw fail('request.invalid', `The ${what} of a mail must be one line without control characters.`);
  }
  return text;
}
