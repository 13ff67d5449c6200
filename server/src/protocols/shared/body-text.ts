import { isUtf8 } from 'node:buffer';
import { fail } from '../../kernel/errors.ts';

/** The text of a body, strictly UTF-8 (`request.invalid`); '' when there is none. */
export function readBodyText(body: Buffer | undefined): string {
  if (!body) return '';
  if (!isUtf8(body)) throw fail('request.invalid', 'The body is not valid UTF-8.');
  return body.toString();
}
