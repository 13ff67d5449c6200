import type { StoredMessage } from '@parley/client';
import { client } from '../client.ts';
import { Menu, type MenuItem } from '../components/menu.tsx';
import { isOver } from '../store/selectors.ts';
import { useAppDispatch } from '../store/store.ts';
import { composerChanged } from '../store/views/composers.ts';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';
import { quickReactions, toggleReaction } from './reactions.tsx';

const words = text.actions;

/** What can be done with a message, by its reader's place in the conversation. */
export function MessageMenu({ message, own }: { message: StoredMessage; own: boolean }) {
  const { entity, me } = useListContext();
  const dispatch = useAppDispatch();
  const { id: conversation, role } = entity.summary;
  const { content, seq } = message;
  const plain = content?.type === 'text' ? content.text : null;
  const mayDelete = own || role === 'owner' || role === 'admin';

  const over = isOver(entity.summary);

  const items: MenuItem[] = [];
  if (!over) {
    items.push({
      label: words.reply,
      onSelect: () => dispatch(composerChanged({ conversation, replyTo: seq, editing: null })),
    });
  }
  if (plain !== null) items.push({ label: words.copy, onSelect: () => void navigator.clipboard?.writeText(plain) });
  if (own && plain !== null && !over) {
    items.push({
      label: words.edit,
      onSelect: () => dispatch(composerChanged({ conversation, editing: seq, replyTo: null, text: plain })),
    });
  }
  if (mayDelete) {
    items.push({
      label: words.delete,
      danger: true,
      onSelect: () => void client.api.deleteMessage(conversation, seq).catch(() => {}),
    });
  }
  return (
    <Menu
      label={words.menu}
      items={items}
      header={
        !over && (
          <div className="flex border-line border-b pb-1">
            {quickReactions.map((emoji) => (
              <button
                key={emoji}
                type="button"
                role="menuitem"
                tabIndex={-1}
                aria-label={words.react(emoji)}
                onClick={() => toggleReaction(message, emoji, me)}
                className="size-9 rounded-lg text-lg hover:bg-hover focus:bg-hover"
              >
                {emoji}
              </button>
            ))}
          </div>
        )
      }
    />
  );
}
