import { memo } from 'react';
import { NavLink } from 'react-router';
import { Avatar } from '../components/avatar.tsx';
import { formatShort } from '../format.ts';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { activityOf, nameOf, selectMe, selectPresence, titleOf } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { describeContent } from './describe-content.ts';

/** One line of the list. Its height never changes, so that nothing jumps when a message comes in. */
export const ConversationRow = memo(function ConversationRow({ entity }: { entity: ConversationEntity }) {
  const { summary } = entity;
  const me = useAppSelector(selectMe);
  const presence = useAppSelector((state) => selectPresence(state, summary.peer));
  const title = titleOf(summary);
  const unread = summary.unread > 0;
  return (
    <NavLink
      to={`/app/c/${summary.id}`}
      className={({ isActive }) =>
        `mx-2 flex h-18 items-center gap-3 rounded-2xl px-3 -outline-offset-2! ${isActive ? 'bg-accent-soft' : 'hover:bg-hover'}`
      }
    >
      <Avatar id={summary.peer?.id ?? summary.id} name={title} presence={presence} />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span dir="auto" className={`min-w-0 flex-1 truncate ${unread ? 'font-semibold' : 'font-medium'}`}>
            {title}
          </span>
          <time dateTime={activityOf(summary)} className="shrink-0 text-xs text-muted">
            {formatShort(activityOf(summary))}
          </time>
        </span>
        <span className="mt-0.5 flex items-center gap-2">
          <span dir="auto" className={`min-w-0 flex-1 truncate text-sm ${unread ? 'text-ink' : 'text-muted'}`}>
            {preview(entity, me)}
          </span>
          {unread && (
            <span className="min-w-5 shrink-0 rounded-full bg-accent px-1.5 text-center text-xs leading-5 font-semibold text-accent-ink">
              <span aria-hidden="true">{summary.unread > 99 ? '99+' : summary.unread}</span>
              <span className="sr-only">{text.conversations.unread(summary.unread)}</span>
            </span>
          )}
        </span>
      </span>
    </NavLink>
  );
});

function preview({ summary, typing, drafts }: ConversationEntity, me: string): string {
  if (typing.length > 0 && summary.kind === 'direct' && summary.peer) {
    return text.conversation.typing([nameOf(summary.peer)]);
  }
  const draft = drafts.at(-1);
  if (draft) return `${text.conversations.you}: ${describeContent(draft.content)}`;
  const last = summary.lastMessage;
  if (!last) return text.conversations.noMessages;
  const said = describeContent(last.content);
  if (last.content?.type === 'system') return said;
  if (last.sender.id === me) return `${text.conversations.you}: ${said}`;
  return summary.kind === 'direct' ? said : `${nameOf(last.sender)}: ${said}`;
}
