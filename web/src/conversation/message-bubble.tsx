import type { StoredMessage } from '@parley/client';
import { Avatar } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { formatExact, formatTime } from '../format.ts';
import { nameOf } from '../store/selectors.ts';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';
import { MessageContent } from './message-content.tsx';
import { MessageMenu } from './message-menu.tsx';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';
import { tickOf } from './timeline.ts';

interface MessageBubbleProps {
  message: StoredMessage;
  own: boolean;
  opens: boolean;
  closes: boolean;
}

const words = text.conversation;

export function MessageBubble({ message, own, opens, closes }: MessageBubbleProps) {
  const { entity, me } = useListContext();
  const group = entity.summary.kind !== 'direct';
  const mentioned = message.mentions.includes(me);
  return (
    <article
      aria-label={`${nameOf(message.sender)}, ${formatExact(message.createdAt)}`}
      className={`group flex items-end gap-2 ${own ? 'flex-row-reverse' : ''}`}
    >
      {group && !own && (
        <span className="w-8 shrink-0">
          {closes && <Avatar id={message.sender.id} name={nameOf(message.sender)} size="size-8" />}
        </span>
      )}
      <div className={`flex min-w-0 max-w-[min(85%,36rem)] flex-col ${own ? 'items-end' : 'items-start'}`}>
        {group && !own && opens && (
          <span dir="auto" className="px-3 pb-0.5 text-xs font-medium text-muted">
            {nameOf(message.sender)}
          </span>
        )}
        <div
          className={`min-w-16 max-w-full rounded-2xl px-3 py-1.5 shadow-xs ${own ? 'bg-own' : 'bg-other'} ${mentioned ? 'ring-2 ring-accent/50' : ''} ${closes ? (own ? 'rounded-br-md' : 'rounded-bl-md') : ''}`}
        >
          {message.replyTo !== null && message.content !== null && <Quote seq={message.replyTo} />}
          <MessageContent content={message.content} />
          <p className="-mb-0.5 flex items-center justify-end gap-1 text-[0.6875rem] text-muted">
            {message.pinned && <span>{words.pinned} ·</span>}
            {message.editedAt && message.content && <span title={formatExact(message.editedAt)}>{words.edited}</span>}
            <time dateTime={message.createdAt} title={formatExact(message.createdAt)}>
              {formatTime(message.createdAt)}
            </time>
            {own && message.content && <Tick seq={message.seq} />}
          </p>
        </div>
        <Reactions message={message} />
      </div>
      <div className="flex self-center opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 max-md:opacity-60">
        {message.content && <MessageMenu message={message} own={own} />}
      </div>
    </article>
  );
}

function Tick({ seq }: { seq: number }) {
  const { entity } = useListContext();
  const tick = tickOf(seq, entity.receipts);
  return (
    <span
      role="img"
      aria-label={words.ticks[tick]}
      title={words.ticks[tick]}
      className={tick === 'read' ? 'text-accent' : ''}
    >
      <Icon name={tick === 'sent' ? 'check' : 'checks'} className="size-3.5" />
    </span>
  );
}
