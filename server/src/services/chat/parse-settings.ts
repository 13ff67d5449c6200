import { fail } from '../../kernel/errors.ts';
import { checkText } from '../../model/content.ts';
import { conversationLimits } from '../../model/conversation.ts';

export function checkTopic(topic: string): void {
  if ([...topic].length > conversationLimits.topic) {
    throw fail('request.invalid', `topic may have ${conversationLimits.topic} characters at the most.`);
  }
  checkText(topic);
}

/** The time in the database's form, `2026-01-02T03:04:05.678Z`; null: no time, or none of the years 0001 to 9999. */
export function toStorableTime(text: string): string | null {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const time = new Date(ms).toISOString();
  return /^\d{4}-/.test(time) && !time.startsWith('0000') ? time : null;
}

export function checkLimit(limit: number, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw fail('request.invalid', `limit must be a whole number from 1 to ${most}.`);
  }
}
