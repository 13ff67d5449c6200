/** The time in the database's form, `2026-01-02T03:04:05.678Z`; null: no time, or none of the years 0001 to 9999. */
export function toStorableTime(text: string): string | null {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const time = new Date(ms).toISOString();
  return /^\d{4}-/.test(time) && !time.startsWith('0000') ? time : null;
}
