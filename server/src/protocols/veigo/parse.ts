import { fail } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';

/** What the operations check of their arguments before they ask a service; everything here throws `request.invalid`. */

/** Absent, null and the empty string of proto3 are one: not given. */
export type Maybe = string | null | undefined;

export const given = (text: Maybe): string | undefined => (text == null || text === '' ? undefined : text);

export function parseId<T extends string>(name: string, text: Maybe): T {
  const id = text?.toLowerCase();
  if (!isUuid(id)) throw fail('request.invalid', `${name} must be a UUID.`);
  return id as T;
}

export function parseText(name: string, text: Maybe): string {
  if (!given(text)) throw fail('request.invalid', `${name} is missing.`);
  return text as string;
}

/** Stricter than ours, as Veigo is; only where a password is chosen. */
export function parsePassword(name: string, text: Maybe): string {
  const password = parseText(name, text);
  if (!/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[!@#$%&*-])[A-Za-z\d!@#$%&*-]{8,}$/.test(password)) {
    throw fail(
      'request.invalid',
      `${name} must have 8 or more letters, digits and !@#$%&*-, with at least one lower-case and one upper-case letter, one digit and one of !@#$%&*-.`,
    );
  }
  return password;
}

export function parseWord<T extends string>(name: string, text: Maybe, words: readonly T[]): T {
  const word = words.find((known) => known === text);
  if (!word) throw fail('request.invalid', `${name} must be ${words.join(' or ')}.`);
  return word;
}

export interface PageArgs {
  readonly cursor?: Maybe;
  /** 0, as proto3 says "not given": the default. */
  readonly size?: number | null | undefined;
}

const maxPage = 200;

export function parsePage(
  page: PageArgs | null | undefined,
  usual = 25,
): { readonly limit: number; readonly after?: string } {
  const limit = page?.size || usual;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPage) {
    throw fail('request.invalid', `size must be from 1 to ${maxPage}.`);
  }
  const after = given(page?.cursor);
  return { limit, ...(after !== undefined && { after }) };
}
