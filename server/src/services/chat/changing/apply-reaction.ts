import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { messageLimits, type RawJson } from '../../../model/message.ts';

/** The reactions of a message (`{"👍":["<account>"]}`) after one more or less; null: nothing changes. `request.invalid`. */
export function applyReaction(reactions: RawJson, user: AccountId, typed: string, on: boolean): RawJson | null {
  const emoji = typed.normalize('NFC');
  // a Map, so that an emoji called __proto__ is but a word
  const byEmoji = new Map(Object.entries(JSON.parse(reactions) as Record<string, string[]>));
  const users = byEmoji.get(emoji) ?? [];
  if (users.includes(user) === on) return null;
  if (on) {
    const total = [...byEmoji.values()].reduce((sum, list) => sum + list.length, 0);
    if (total >= messageLimits.reactions || (users.length === 0 && byEmoji.size >= messageLimits.emoji)) {
      throw fail('request.invalid', 'This message has all the reactions it can keep.');
    }
    byEmoji.set(emoji, [...users, user]);
  } else if (users.length === 1) byEmoji.delete(emoji);
  else
    byEmoji.set(
      emoji,
      users.filter((one) => one !== user),
    );
  return JSON.stringify(Object.fromEntries(byEmoji));
}

/** 1–32 characters without controls, separators or halves of surrogate pairs. `request.invalid`. */
export function checkEmoji(emoji: string): void {
  if (!/^[^\p{Cc}\p{Cs}\p{Z}]{1,32}$/u.test(emoji)) {
    throw fail('request.invalid', 'An emoji must be 1 to 32 characters without spaces and controls.');
  }
}
