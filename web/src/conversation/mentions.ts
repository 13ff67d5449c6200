import type { Member } from '@parley/client';
import { LinkifyIt } from 'linkify-it';

export interface TextPart {
  readonly text: string;
  readonly kind: 'plain' | 'mention' | 'link';
}

/** Where a link or a mention may begin. Letters of other scripts stand right before a link; of a mention they make something else. */
const starts = /(?<![A-Za-z0-9])(?<scheme>https?:)\/\/|(?<![\p{L}\p{N}@])@(?<name>[A-Za-z0-9_.-]{1,32})/giu;
/** Full-width punctuation ends a link: the library takes it for a part of the path. */
const afterLink = /[\s<>"，。！？；：、（）【】「」『』《》…]/u;

const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

/** Cuts a text into plain parts, mentions of members, and links. Joined again the parts are the text. */
export function splitText(text: string, usernames: ReadonlySet<string>): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { index, groups } of text.matchAll(starts)) {
    if (index < end) continue;
    const { scheme, name = '' } = groups ?? {};
    const length = scheme ? lengthOfLink(text, index, scheme) : lengthOfMention(name, usernames);
    if (length === 0) continue;
    if (index > end) parts.push({ text: text.slice(end, index), kind: 'plain' });
    parts.push({ text: text.slice(index, index + length), kind: scheme ? 'link' : 'mention' });
    end = index + length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), kind: 'plain' });
  return parts;
}

/** Ids of the members that a text names with `@username`; at most 50. */
export function findMentions(text: string, members: readonly Member[]): readonly string[] {
  const byName = new Map(members.map(({ user }) => [user.username, user.id]));
  const usernames = new Set(byName.keys());
  const named = splitText(text, usernames)
    .filter(({ kind }) => kind === 'mention')
    .map((part) => byName.get(part.text.slice(1).toLowerCase()))
    .filter((id) => id !== undefined);
  return [...new Set(named)].slice(0, 50);
}

function lengthOfLink(text: string, at: number, scheme: string): number {
  const rest = text.slice(at);
  const end = rest.search(afterLink);
  const candidate = end < 0 ? rest : rest.slice(0, end);
  const tail = linkify.testSchemaAt(candidate, scheme.toLowerCase(), scheme.length);
  return tail === 0 ? 0 : scheme.length + tail;
}

/** With the `@`. The longest name wins: "@bob." names bob, unless there is a "bob."; the same for the marks of Markdown. */
function lengthOfMention(name: string, usernames: ReadonlySet<string>): number {
  let candidate = name.toLowerCase();
  while (!usernames.has(candidate)) {
    if (!/[_.-]$/.test(candidate)) return 0;
    candidate = candidate.slice(0, -1);
  }
  return 1 + candidate.length;
}
