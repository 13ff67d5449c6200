import { fail } from '../../../kernel/errors.ts';

/** `request.invalid`: of how many items a page may be asked for. */
export function checkLimit(limit: number, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw fail('request.invalid', `limit must be a whole number from 1 to ${most}.`);
  }
}
