import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountId } from '../../../kernel/ids.ts';
import { messageLimits } from '../../../model/message.ts';
import { applyReaction, checkEmoji } from './apply-reaction.ts';

test('reactions are what a set of (emoji, user) says, and no change is null', () => {
  const act = fc.record({
    user: fc.constantFrom('a', 'b', 'c'),
    emoji: fc.constantFrom('👍', '❤️', '__proto__', 'constructor', '1'),
    on: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const model = new Set<string>();
      let reactions = '{}';
      for (const { user, emoji, on } of acts) {
        const key = `${emoji} ${user}`;
        const next = applyReaction(reactions, user as AccountId, emoji, on);
        expect(next === null).toBe(model.has(key) === on);
        reactions = next ?? reactions;
        if (on) model.add(key);
        else model.delete(key);
        const listed = Object.entries(JSON.parse(reactions) as Record<string, string[]>);
        expect(listed.every(([, users]) => users.length > 0)).toBe(true);
        expect(new Set(listed.flatMap(([e, users]) => users.map((u) => `${e} ${u}`)))).toEqual(model);
      }
    }),
  );
});

test('a message keeps only so many', () => {
  const user = 'a' as AccountId;
  let reactions = '{}';
  for (let i = 0; i < messageLimits.emoji; i++) reactions = applyReaction(reactions, user, `e${i}`, true) ?? '';
  expect(() => applyReaction(reactions, user, 'more', true)).toThrow(/all the reactions/);
  expect(applyReaction(reactions, 'b' as AccountId, 'e1', true)).not.toBeNull();
});

test.each(['👍', '👩‍👩‍👧‍👦', ':party_parrot:', '+1'])('%s is an emoji', (emoji) =>
  expect(() => checkEmoji(emoji)).not.toThrow(),
);
test.each(['', ' ', 'a b', 'a\u0000', '\ud800', '\n', 'x'.repeat(33)])('%j is none', (emoji) =>
  expect(() => checkEmoji(emoji)).toThrow(),
);
