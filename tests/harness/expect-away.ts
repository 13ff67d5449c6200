import { expect } from 'vitest';
import type { Answer } from './people.ts';

/** Refused for now, in the words of the table of errors, with when to come back. */
export function expectAway({ status, body, headers }: Answer): void {
  expect([status, body.code]).toBeOneOf([
    [503, 'service.unavailable'],
    [504, 'service.timeout'],
  ]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}
