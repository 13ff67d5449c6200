import type { StoredMessage } from '@parley/client';
import { client } from '../client.ts';
import { findName } from '../store/selectors.ts';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';

export const quickReactions = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const;

/** A failed reaction simply does not appear: the frame that shows it never comes. */
export function toggleReaction(message: StoredMessage, emoji: string, me: string): void {
  const on = !message.reactions[emoji]?.includes(me);
  client.api.setReaction(message.conversation, message.seq, emoji, on).catch(() => {});
}

export function Reactions({ message }: { message: StoredMessage }) {
  const { entity, members, me } = useListContext();
  const given = Object.entries(message.reactions).filter(([, users]) => users.length > 0);
  if (given.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-1 pt-1">
      {given.map(([emoji, users]) => {
        const names = users.slice(0, 20).map((id) => findName(entity, members, id));
        const mine = users.includes(me);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={mine}
            aria-label={text.actions.reactions(emoji, names.join(', '))}
            title={names.join(', ')}
            onClick={() => toggleReaction(message, emoji, me)}
            className={`rounded-full border px-2 text-sm leading-6 ${mine ? 'border-accent bg-accent-soft' : 'border-line bg-panel hover:bg-hover'}`}
          >
            {emoji} <span className="text-xs text-muted">{users.length}</span>
          </button>
        );
      })}
    </div>
  );
}
