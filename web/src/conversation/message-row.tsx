import { memo } from 'react';
import { formatDay } from '../format.ts';
import { text } from '../text.ts';
import { DraftBubble } from './draft-bubble.tsx';
import { useListContext } from './list-context.ts';
import { MessageBubble } from './message-bubble.tsx';
import { SystemLine } from './system-line.tsx';
import type { Row } from './timeline.ts';

/** A row with what stands above it. Rows have padding and no margins: margins would fall out of the measured height. */
export const MessageRow = memo(function MessageRow({ row }: { row: Row }) {
  const { me } = useListContext();
  const { message, draft } = row;
  return (
    <div className={`px-3 md:px-5 ${row.opens ? 'pt-2.5' : 'pt-0.5'}`}>
      {row.day && <Line label={formatDay(row.at)} />}
      {row.firstUnread && <Line label={text.conversation.newMessages} accent />}
      {message?.content?.type === 'system' && <SystemLine content={message.content} />}
      {message && message.content?.type !== 'system' && (
        <MessageBubble message={message} own={message.sender.id === me} opens={row.opens} closes={row.closes} />
      )}
      {draft && <DraftBubble draft={draft} />}
    </div>
  );
});

function Line({ label, accent = false }: { label: string; accent?: boolean }) {
  return (
    <div className={`flex items-center gap-3 py-3 text-xs font-medium ${accent ? 'text-accent' : 'text-muted'}`}>
      <span className={`h-px flex-1 ${accent ? 'bg-accent' : 'bg-line'}`} />
      {label}
      <span className={`h-px flex-1 ${accent ? 'bg-accent' : 'bg-line'}`} />
    </div>
  );
}
