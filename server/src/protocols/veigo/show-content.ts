import type { RawJson } from '../../model/message.ts';

/** A content as the one string that Veigo's clients show: a text as it is, of everything else what a person can read. */
export function showContent(raw: RawJson): string {
  const content = JSON.parse(raw) as Record<string, unknown>;
  const { type, text } = content;
  if (type === 'text') return String(text);
  const caption = typeof text === 'string' && text !== '' ? ` ${text}` : '';
  if (type === 'location') return `[location ${content.latitude}, ${content.longitude}]${caption}`;
  if (type === 'form' || type === 'json') return JSON.stringify(content.value);
  return `[${type === 'system' ? content.event : type}]${caption}`;
}
