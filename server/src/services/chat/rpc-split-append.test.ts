import { expect, test } from 'vitest';
import { fail } from '../../kernel/errors.ts';
import type { Draft } from '../../model/message.ts';
import { splitAppend } from './rpc-split-append.ts';

const drafts = ['a', 'b', 'a', 'c'].map(
  (conversation, index) => ({ conversation, id: `m${index}` }) as unknown as Draft,
);

test('drafts go by conversation, those of several calls in one', () => {
  expect(splitAppend.keys(drafts)).toEqual(['a', 'b', 'a', 'c']);
  const later = [{ conversation: 'a', id: 'm4' } as unknown as Draft];
  const [part] = splitAppend.take([
    { args: [drafts], index: 0 },
    { args: [drafts], index: 2 },
    { args: [later], index: 0 },
  ]);
  expect(part.map((draft) => draft.id)).toEqual(['m0', 'm2', 'm4']);
});

test('a part that failed answers each of its drafts with what it failed with', () => {
  expect(splitAppend.failed(fail('service.overloaded', { detail: 'full', retryAfterMs: 5 }))).toEqual({
    code: 'service.overloaded',
    detail: 'full',
    retryAfterMs: 5,
  });
  expect(splitAppend.failed(fail('service.unavailable'))).not.toHaveProperty('retryAfterMs');
});
