import { hash as digest } from 'node:crypto';
import { fail } from '../kernel/errors.ts';
import { type AttachmentId, isUuid } from '../kernel/ids.ts';
import { messageLimits, type RawJson } from './message.ts';
import { hasVisible } from './text/names.ts';

/** What the server needs to know of a content it stores as text. */
export interface ParsedContent {
  readonly raw: RawJson;
  /** sha256 of the canonical form, hex. */
  readonly hash: string;
  readonly attachment: AttachmentId | null;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Validates a message's content (PROTOCOL: `content`) given as its JSON text and as the value parsed from it; `raw` is what
 * will be stored and delivered, character for character. Refuses with `request.invalid` what would break a neighbour or a
 * consumer later (MESSAGE-PATH rule 4): NUL, unpaired surrogates, non-finite numbers, nesting beyond 64.
 */
export function parseContent(raw: RawJson, value: unknown): ParsedContent {
  if (Buffer.byteLength(raw) > messageLimits.contentBytes) {
    throw fail('request.too_large', `A message may hold ${messageLimits.contentBytes} bytes at the most.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fail('request.invalid', 'content must be an object.');
  const content = value as { [key: string]: Json };
  const attachment = checkShape(content);
  // An escape is the only way to write NUL or half a surrogate pair into well-formed UTF-8, so text without one is safe.
  checkJson(content, 'content', raw.includes('\\'));
  return { raw, hash: hashContent(content), attachment };
}

/** sha256 of the canonical form: keys sorted at every level, no white space. Hex. */
export function hashContent(content: object): string {
  return digest('sha256', canonical(content as Json));
}

const fields: Record<string, { required: readonly string[]; optional: readonly string[] }> = {
  text: { required: ['text'], optional: [] },
  image: { required: ['attachment'], optional: ['text'] },
  video: { required: ['attachment'], optional: ['text'] },
  audio: { required: ['attachment'], optional: ['text'] },
  file: { required: ['attachment'], optional: ['text'] },
  location: { required: ['latitude', 'longitude'], optional: ['text'] },
  form: { required: ['value'], optional: [] },
  json: { required: ['value'], optional: [] },
};

function checkShape(content: { [key: string]: Json }): AttachmentId | null {
  const { type } = content;
  const shape = typeof type === 'string' && Object.hasOwn(fields, type) ? fields[type] : undefined;
  if (!shape) throw fail('request.invalid', `content.type must be one of ${Object.keys(fields).join(', ')}.`);
  for (const key of Object.keys(content)) {
    if (key !== 'type' && !shape.required.includes(key) && !shape.optional.includes(key)) {
      throw fail('request.invalid', `content.${key} is not known for type ${type}.`);
    }
  }
  for (const key of shape.required) {
    if (content[key] === undefined) throw fail('request.invalid', `content.${key} is missing.`);
  }
  const { text, attachment } = content;
  if (text !== undefined) {
    if (typeof text !== 'string') throw fail('request.invalid', 'content.text must be a string.');
    if (type === 'text' && !hasVisible(text)) throw fail('request.invalid', 'content.text has nothing to see.');
    if (text.length * 3 > messageLimits.textBytes && Buffer.byteLength(text) > messageLimits.textBytes) {
      throw fail('request.too_large', `A text may hold ${messageLimits.textBytes} bytes at the most.`);
    }
  }
  if (type === 'location') {
    if (!within(content.latitude, 90)) throw fail('request.invalid', 'content.latitude must be between -90 and 90.');
    if (!within(content.longitude, 180))
      throw fail('request.invalid', 'content.longitude must be between -180 and 180.');
  }
  if (attachment === undefined) return null;
  if (!isUuid(attachment)) throw fail('request.invalid', 'content.attachment must be the id of an attachment.');
  return attachment as AttachmentId;
}

function within(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Math.abs(value) <= limit;
}

/**
 * Refuses in JSON that is kept what would break whoever reads it later (MESSAGE-PATH rule 4). `what` names it in the refusal;
 * `escapes`: whether the text has any.
 */
export function checkJson(value: unknown, what: string, escapes = true, depth = 1): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw fail('request.invalid', `${what} holds a number that is too large.`);
  } else if (typeof value === 'string') {
    if (escapes) checkText(value);
  } else if (typeof value === 'object' && value !== null) {
    if (depth > messageLimits.jsonDepth) {
      throw fail('request.invalid', `${what} is nested more than ${messageLimits.jsonDepth} levels deep.`);
    }
    for (const [key, member] of Object.entries(value)) {
      if (escapes) checkText(key);
      checkJson(member, what, escapes, depth + 1);
    }
  }
}

/** Refuses what PostgreSQL or a strict reader of UTF-8 would choke on. */
export function checkText(text: string): void {
  if (text.includes('\u0000')) throw fail('request.invalid', 'The text holds a NUL character.');
  if (/\p{Cs}/u.test(text)) throw fail('request.invalid', 'The text holds half of a surrogate pair.');
}

function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`)
    .join(',')}}`;
}

/** The words of a content: its `text`, whatever its type. */
export function textOf(content: string | null): string {
  if (content === null || !content.includes('"text"')) return '';
  const { text } = JSON.parse(content) as { text?: unknown };
  return typeof text === 'string' ? text : '';
}
