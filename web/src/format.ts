import { text } from './text.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDate = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

const dayMs = 86_400_000;

/** Whole days between two times in the reader's own time zone. */
export function daysBetween(a: Date, b: Date): number {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((midnight(b) - midnight(a)) / dayMs);
}

export const formatTime = (iso: string) => clock.format(new Date(iso));
export const formatExact = (iso: string) => exact.format(new Date(iso));

/** For a list: the time today, the weekday this week, else the date. */
export function formatShort(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const days = daysBetween(then, now);
  if (days <= 0) return clock.format(then);
  return days < 7 ? weekday.format(then) : shortDate.format(then);
}

/** For the line between two days. */
export function formatDay(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const days = daysBetween(then, now);
  if (days === 0) return text.conversation.today;
  return days === 1 ? text.conversation.yesterday : longDate.format(then);
}
