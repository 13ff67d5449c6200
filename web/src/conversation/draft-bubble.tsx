import type { Draft } from '@parley/client';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { formatTime } from '../format.ts';
import { text } from '../text.ts';
import { MessageContent } from './message-content.tsx';
import { Quote } from './quote.tsx';

const words = text.conversation;

/** A message on its way, or refused: then with what can be done about it. */
export function DraftBubble({ draft }: { draft: Draft }) {
  const failed = draft.state === 'failed';
  return (
    <article className="flex flex-col items-end">
      <div className={`min-w-16 max-w-[min(85%,36rem)] rounded-2xl px-3 py-1.5 ${failed ? 'bg-bad-soft' : 'bg-own'}`}>
        {draft.replyTo !== undefined && <Quote seq={draft.replyTo} />}
        <MessageContent content={draft.content} />
        <p className="-mb-0.5 flex items-center justify-end gap-1 text-[0.6875rem] text-muted">
          <time dateTime={draft.createdAt}>{formatTime(draft.createdAt)}</time>
          <span role="img" aria-label={failed ? words.failed : words.ticks.sending}>
            <Icon name={failed ? 'alert' : 'clock'} className={`size-3.5 ${failed ? 'text-bad' : ''}`} />
          </span>
        </p>
      </div>
      {failed && (
        <div role="alert" className="flex flex-wrap items-center justify-end gap-x-3 pt-1 text-sm">
          <span className="text-bad">
            {words.failed}
            {draft.error ? `: ${draft.error.message}` : ''}
          </span>
          <Button kind="quiet" onClick={() => client.retry(draft.conversation, draft.id)}>
            {words.retry}
          </Button>
          <Button kind="quiet" onClick={() => client.discard(draft.conversation, draft.id)}>
            {words.discard}
          </Button>
        </div>
      )}
    </article>
  );
}
