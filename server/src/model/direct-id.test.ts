import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AccountId, createId, isUuid } from '../kernel/ids.ts';
import { createDirectId } from './direct-id.ts';

const account = fc.uuid().map((id) => id as AccountId);

test('the id does not depend on who asks', () => {
  fc.assert(
    fc.property(account, account, (a, b) => {
      expect(createDirectId(a, b)).toBe(createDirectId(b, a));
    }),
  );
});

test('other people, another id; always a lower-case UUID of version 8', () => {
  fc.assert(
    fc.property(account, account, account, (a, b, c) => {
      fc.pre(b !== c);
      const id = createDirectId(a, b);
      expect(id).not.toBe(createDirectId(a, c));
      expect(isUuid(id)).toBe(true);
      expect(id).toMatch(/^.{14}8.{4}[89ab]/);
    }),
  );
});

test('notes to oneself have an id of their own', () => {
  const me = createId<AccountId>();
  expect(createDirectId(me, me)).not.toBe(createDirectId(me, createId<AccountId>()));
});
