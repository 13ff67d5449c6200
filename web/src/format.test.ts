import { describe, expect, it } from 'vitest';
import { daysBetween, formatDay } from './format.ts';
import { text } from './text.ts';

describe('daysBetween', () => {
  it('counts midnights, not hours', () => {
    expect(daysBetween(new Date(2026, 0, 5, 23, 59), new Date(2026, 0, 6, 0, 1))).toBe(1);
    expect(daysBetween(new Date(2026, 0, 5, 0, 1), new Date(2026, 0, 5, 23, 59))).toBe(0);
  });

  it('is right over the change to summer time', () => {
    expect(daysBetween(new Date(2026, 2, 28, 12), new Date(2026, 2, 30, 1))).toBe(2);
  });
});

describe('formatDay', () => {
  it('has words for today and yesterday', () => {
    const now = new Date(2026, 0, 6, 9);
    expect(formatDay(new Date(2026, 0, 6, 1).toISOString(), now)).toBe(text.conversation.today);
    expect(formatDay(new Date(2026, 0, 5, 23).toISOString(), now)).toBe(text.conversation.yesterday);
    expect(formatDay(new Date(2025, 11, 31).toISOString(), now)).toMatch(/2025/);
  });
});
