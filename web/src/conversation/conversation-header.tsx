import { Link } from 'react-router';
import { Avatar } from '../components/avatar.tsx';
import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { formatShort } from '../format.ts';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { selectPresence, titleOf } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';

interface ConversationHeaderProps {
  entity: ConversationEntity;
  membersShown: boolean;
  onMembers(): void;
}

export function ConversationHeader({ entity, membersShown, onMembers }: ConversationHeaderProps) {
  const { summary } = entity;
  const presence = useAppSelector((state) => selectPresence(state, summary.peer));
  const title = titleOf(summary);
  const words = text.conversation;
  const state =
    summary.kind !== 'direct'
      ? words.memberCount(summary.memberCount)
      : presence?.state === 'online'
        ? words.online
        : presence?.lastSeen
          ? words.lastSeen(formatShort(presence.lastSeen))
          : words.offline;
  return (
    <header className="flex h-16 shrink-0 items-center gap-3 border-b border-line bg-panel px-3 md:px-5">
      <Link
        to="/app"
        aria-label={words.back}
        className="-ml-1 inline-flex size-10 items-center justify-center rounded-xl text-muted hover:bg-hover md:hidden"
      >
        <Icon name="back" />
      </Link>
      <Avatar id={summary.peer?.id ?? summary.id} name={title} presence={presence} size="size-10" />
      <div className="min-w-0 flex-1">
        <h2 dir="auto" className="truncate font-semibold">
          {title}
        </h2>
        <p className="truncate text-sm text-muted">{state}</p>
      </div>
      <IconButton icon="people" label={words.members} aria-pressed={membersShown} onClick={onMembers} />
    </header>
  );
}
