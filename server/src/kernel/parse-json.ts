import { fail } from './errors.ts';

/**
 * What JSON from outside may be, whatever it is for. Nested arrays and objects cost the parser hundreds of milliseconds where text
 * costs one, so they are counted in the text first. A content may be 64 levels deep and stands a few levels deep in its request.
 */
export const jsonLimits = { depth: 80, members: 16_384 } as const;

/**
 * JSON.parse for text from outside: `request.invalid` for what is no JSON, for more levels or members than `jsonLimits`, and for a
 * member that is there twice, of which every reader takes another one (RFC 8259, section 4). Errors are short whatever came; only what
 * is no JSON has a cause.
 */
export function parseJson(text: string): unknown {
  const members = countMembers(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    const detail = `This is not valid JSON: ${(thrown as Error).message.slice(0, 100)}`;
    throw fail('request.invalid', { detail, cause: thrown });
  }
  if (members > 0 && countKeys(value) !== members)
    throw fail('request.invalid', 'A member of an object is given twice.');
  return value;
}

/** The members of all objects of the text, which need not be valid. `request.invalid` above the limits. */
export function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > jsonLimits.depth) throw fail('request.invalid', `JSON may be ${jsonLimits.depth} levels deep.`);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
      case 0x3a: // :
        if (++members > jsonLimits.members) {
          throw fail('request.invalid', `JSON may hold ${jsonLimits.members} members of objects.`);
        }
        break;
    }
  }
  return members;
}

/** Index of the closing quotation mark, or the end of the text. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) return i;
    if (c === 0x5c) i++;
  }
  return text.length;
}

/** Not deeper than `jsonLimits.depth`: the text was counted. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  let count = 0;
  for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}
