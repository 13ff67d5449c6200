import type { ConversationEntity } from '../store/entities/conversations.ts';
import { findName, selectMembers } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';

/** Its place is always kept, so that nothing moves when somebody begins to write. */
export function TypingLine({ entity }: { entity: ConversationEntity }) {
  const members = useAppSelector((state) => selectMembers(state, entity.summary.id));
  const names = entity.typing.map((id) => findName(entity, members, id));
  return (
    <p aria-live="polite" className="h-5 shrink-0 truncate px-5 text-xs leading-5 text-muted">
      {names.length > 0 && text.conversation.typing(names)}
    </p>
  );
}
