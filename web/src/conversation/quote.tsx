import { describeContent } from '../conversations/describe-content.ts';
import { nameOf } from '../store/selectors.ts';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';

/** The message that this one answers; leads to it when it is loaded. */
export function Quote({ seq }: { seq: number }) {
  const { entity, toRow } = useListContext();
  const message = entity.log.messages.find((candidate) => candidate.seq === seq);
  return (
    <button
      type="button"
      onClick={() => toRow(seq)}
      disabled={!message}
      className="my-1 block w-full rounded-lg border-accent border-l-3 bg-accent-soft/60 px-2 py-1 text-left text-sm"
    >
      {message && (
        <span dir="auto" className="block truncate font-medium text-accent">
          {nameOf(message.sender)}
        </span>
      )}
      <span dir="auto" className="block truncate text-muted">
        {message ? describeContent(message.content) : text.conversation.repliedMissing}
      </span>
    </button>
  );
}
