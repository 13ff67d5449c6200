import { expect, test } from 'vitest';
import { fail } from '../../kernel/errors.ts';
import { describeFailure } from './errors.ts';

test('the errors of the contract, to the letter', () => {
  const text = (...args: Parameters<typeof fail>) => JSON.stringify(describeFailure(fail(...args)));
  expect(text('token.expired')).toBe('{"name":"Error","message":"Invalid token"}');
  expect(text('credentials.wrong')).toBe('{"name":"Error","message":"Invalid email or password"}');
  expect(text('action.forbidden', 'Only admins.')).toBe('{"name":"Error","message":"Unauthorized action"}');
  expect(text('account.taken')).toBe(
    '{"name":"Data Integrity Error","message":"The data you are trying to add already exists."}',
  );
});

test('what was wrong with a request is said, and when to come back', () => {
  const problems = [{ path: 'size', message: 'too large' }];
  expect(describeFailure(fail('request.invalid', { detail: 'size is wrong.', problems }))).toEqual({
    name: 'Validation Error',
    message: 'size is wrong.',
    cause: problems,
  });
  expect(describeFailure(fail('rate.limited', { retryAfterMs: 50 }))).toMatchObject({
    cause: { code: 'rate.limited', retryAfterMs: 50 },
  });
});

test('what happened inside is not told', () => {
  const failure = fail('internal', { cause: new Error('secret') });
  expect(JSON.stringify(describeFailure(failure))).not.toContain('secret');
});
