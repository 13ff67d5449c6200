import type { Presence } from '@parley/client';
import { text } from '../text.ts';

const tints = ['#3457d5', '#0f7d6c', '#8a4fc4', '#b3541e', '#a83a6b', '#4b6a1f', '#23708f', '#7a5a12'];

/** The first letters of a name on a tint that stays the same for the same id; the dot says who is online. */
export function Avatar({
  id,
  name,
  presence = null,
  size = 'size-11',
}: {
  id: string;
  name: string;
  presence?: Presence | null;
  size?: string;
}) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  const letters = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();
  return (
    <span className={`relative inline-flex shrink-0 ${size}`}>
      <span
        aria-hidden="true"
        className="flex size-full select-none items-center justify-center rounded-full text-sm font-semibold text-white"
        style={{ backgroundColor: tints[sum % tints.length] }}
      >
        {letters}
      </span>
      {presence?.state === 'online' && (
        <span
          role="img"
          aria-label={text.conversations.online}
          className="absolute right-0 bottom-0 size-3 rounded-full border-2 border-panel bg-good"
        />
      )}
    </span>
  );
}
