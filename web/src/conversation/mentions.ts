import type { Member } from '@parley/client';

export interface TextPart {
  readonly text: string;
  readonly kind: 'plain' | 'mention' | 'link';
}

const pattern = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])|(?<![\w@.])@([A-Za-z0-9_.-]{3,32})/g;

/** Cuts a text into plain parts, mentions of members, and links. Joined again the parts are the text. */
export function splitText(text: string, usernames: ReadonlySet<string>): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, link, name] = match;
    const username = name && findUsername(name, usernames);
    if (!link && !username) continue;
    const length = link ? whole.length : 1 + username!.length;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), kind: 'plain' });
    parts.push({ text: text.slice(match.index, match.index + length), kind: link ? 'link' : 'mention' });
    end = match.index + length;
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

/** "@bob." at the end of a sentence names bob, unless there is a "bob.". */
function findUsername(name: string, usernames: ReadonlySet<string>): string | undefined {
  const lower = name.toLowerCase();
  const without = lower.replace(/[.-]+$/, '');
  return [lower, without].find((candidate) => usernames.has(candidate));
}
