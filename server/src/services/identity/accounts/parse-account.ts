import { randomInt } from 'node:crypto';
import { fail } from '../../../kernel/errors.ts';
import { accountLimits, isUsername } from '../../../model/account.ts';
import { checkText } from '../../../model/content.ts';
import { cleanName } from '../../../model/text/names.ts';
import type { NewAccount } from '../api.ts';
import { isCommonPassword } from './common-passwords.ts';

export interface ParsedAccount {
  readonly username: string;
  readonly email: string | null;
  readonly password: string | null;
  readonly name: string;
  readonly phone: string | null;
}

/** `request.invalid` with what to do about it. */
export function parseAccount(account: NewAccount): ParsedAccount {
  const username = parseUsername(account.username ?? proposeUsername(account.email));
  return {
    username,
    email: account.email === undefined ? null : parseEmail(account.email),
    password: account.password === undefined ? null : parsePassword(account.password),
    name: account.name === undefined ? username : cleanName(account.name, accountLimits.name),
    phone: account.phone === undefined ? null : parsePhone(account.phone),
  };
}

/** Leaves room for a number. */
const longestProposal = 24;

function proposeUsername(email: string | undefined): string {
  if (email === undefined) throw fail('request.invalid', 'An account needs a username or an e-mail address.');
  const local = foldUsername(parseEmail(email).split('@', 1)[0] as string).split('+', 1)[0] as string;
  const name = local.replace(/[^a-z0-9_.-]+/g, '-').slice(0, longestProposal);
  return isUsername(name) ? name : `user-${name}`.slice(0, longestProposal);
}

/** What to try in turn when a proposed name is taken: of a popular one the first free number is far away, so later ones are random. */
export function* numberUsername(username: string): Generator<string> {
  yield username;
  for (let n = 2; n < 6; n++) yield `${username}${n}`;
  for (let digits = 3; digits < 8; digits++) yield `${username}${randomInt(10 ** (digits - 1), 10 ** digits)}`;
}

/** In lower case. Only ASCII is folded: a Kelvin sign must not become somebody else's k. */
export function parseUsername(text: string): string {
  const username = foldUsername(text);
  if (!isUsername(username)) {
    throw fail('request.invalid', 'A username is 3 to 32 of a-z, 0-9, dot, underscore and hyphen.');
  }
  return username;
}

export function foldUsername(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function parseEmail(text: string): string {
  // Strict about what could break a header or a log line, lenient about the rest: only a mail that arrives proves an address.
  if (
    text.length > accountLimits.email ||
    !/^[^\s\p{Cc}\p{Cs}<>()[\]\\,;:"@]+@[^\s\p{Cc}\p{Cs}<>()[\]\\,;:"@]+$/u.test(text)
  ) {
    throw fail('request.invalid', `An e-mail address reads name@host, ${accountLimits.email} characters at the most.`);
  }
  return text;
}

/** Passwords are taken as they are typed, nothing trimmed; the hasher sees to their Unicode form. */
export function parsePassword(text: string): string {
  checkText(text);
  const { length } = [...text];
  if (length < accountLimits.passwordMin || length > accountLimits.passwordMax) {
    throw fail(
      'request.invalid',
      `A password has ${accountLimits.passwordMin} to ${accountLimits.passwordMax} characters.`,
    );
  }
  if (isCommonPassword(text)) {
    throw fail('request.invalid', 'That password is one of those that everybody tries first: choose another.');
  }
  return text;
}

/** Kept as it is written: nobody is ever called. */
export function parsePhone(text: string): string {
  if (text.length > accountLimits.phone || !/^[+() ./-]*[0-9][0-9+() ./-]*$/.test(text)) {
    throw fail(
      'request.invalid',
      `A phone number is up to ${accountLimits.phone} digits, spaces and + - ( ) . /, with a digit at least.`,
    );
  }
  return text;
}
