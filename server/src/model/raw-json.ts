import type { RawJson } from './message.ts';

/**
 * Cuts the raw text of a top-level member out of a JSON object's text, so that it can be stored and sent on unchanged
 * (MESSAGE-PATH rule 7). `text` must already have passed JSON.parse: this only finds borders. Of a repeated member the last
 * counts, as it does for JSON.parse. null: no such member.
 */
export function sliceMember(text: string, name: string): RawJson | null {
  let found: RawJson | null = null;
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text.charCodeAt(at) === 0x22) {
    const keyEnd = endOfString(text, at);
    const key = text.slice(at + 1, keyEnd - 1);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    if (key === name || (key.includes('\\') && JSON.parse(text.slice(at, keyEnd)) === name))
      found = text.slice(start, end);
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== 0x2c) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

function skipSpace(text: string, at: number): number {
  let i = at;
  for (let c = text.charCodeAt(i); c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = text.charCodeAt(i)) i++;
  return i;
}

/** Index after the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  for (;;) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
}

function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === 0x22) return endOfString(text, at);
  let i = at;
  if (first !== 0x7b && first !== 0x5b) {
    // number, true, false, null: up to the next comma, bracket or white space
    while (i < text.length && !/[\s,\]}]/.test(text[i] as string)) i++;
    return i;
  }
  let depth = 0;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      i = endOfString(text, i);
      continue;
    }
    if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      depth--;
      if (depth === 0) return i + 1;
    }
    i++;
  }
  return i;
}
