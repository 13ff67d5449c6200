/** Code points that are kept of what a client says of itself. */
const most = 200;

/**
 * What a client says of itself, kept short and free of what PostgreSQL refuses. Whoever looks for a device by its name must clean the
 * name in the same way, or never finds what was cleaned.
 */
export function cleanDevice(text: string): string {
  return [...text.replace(/[\p{Cc}\p{Cs}]/gu, ' ')].slice(0, most).join('');
}
