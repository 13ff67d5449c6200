import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type ListRange, Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import { client } from '../client.ts';
import { IconButton } from '../components/button.tsx';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { selectMe, selectMembers } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { ListContext } from './list-context.ts';
import { MessageRow } from './message-row.tsx';
import { createTimeline, type Row } from './timeline.ts';
import { usePageVisible } from './use-page-visible.ts';
import { useStickToBottom } from './use-stick-to-bottom.ts';

/** Virtuoso counts rows from here; older ones get lower numbers, so that the rows in view keep theirs. */
const base = 1_000_000;
/** A page is loaded when fewer rows than these are left above the view. */
const rowsAhead = 40;
const pageSize = 100;

export function MessageList({ entity, readAtOpening }: { entity: ConversationEntity; readAtOpening: number }) {
  const { summary, log, drafts } = entity;
  const me = useAppSelector(selectMe);
  const members = useAppSelector((state) => selectMembers(state, summary.id));
  const list = useRef<VirtuosoHandle>(null);
  const [atBottom, setAtBottom] = useState(true);
  const [range, setRange] = useState<ListRange | null>(null);
  const visible = usePageVisible();

  const rows = useMemo(
    () => createTimeline(log.messages, drafts, me, readAtOpening),
    [log.messages, drafts, me, readAtOpening],
  );
  const [anchor] = useState(() => log.messages[0]?.seq ?? 0);
  const older = useMemo(() => log.messages.findIndex(({ seq }) => seq >= anchor), [log.messages, anchor]);
  const firstIndex = base - Math.max(0, older);
  const [start] = useState(() => {
    const unread = rows.findIndex(({ firstUnread }) => firstUnread);
    return unread >= 0
      ? { index: unread, align: 'start' as const, offset: -48 }
      : { index: Math.max(0, rows.length - 1), align: 'end' as const };
  });

  const { scrollerRef, follow, toBottom, lastInView } = useStickToBottom(start.align === 'end');

  // What has been in view, on a page in view, is read.
  useEffect(() => {
    const last = range && visible ? lastInView() : null;
    if (last === null) return;
    for (let index = Math.min(last - firstIndex, rows.length - 1); index >= 0; index--) {
      const seq = rows[index]?.message?.seq;
      if (seq === undefined) continue;
      client.markRead(summary.id, seq);
      return;
    }
  }, [range, visible, rows, firstIndex, summary.id, lastInView]);

  const toRow = useCallback(
    (seq: number) => {
      const index = rows.findIndex(({ message }) => message?.seq === seq);
      if (index >= 0) list.current?.scrollToIndex({ index, align: 'center', behavior: 'smooth' });
    },
    [rows],
  );

  // One's own new message is always shown.
  const lastDraft = drafts.at(-1)?.id;
  useEffect(() => {
    if (lastDraft) toBottom();
  }, [lastDraft, toBottom]);

  const context = useMemo(() => {
    const usernames = new Set(members.map(({ user }) => user.username));
    return { entity, me, members, usernames, toRow };
  }, [entity, me, members, toRow]);
  // Older messages are asked for well before the reader comes to them.
  useEffect(() => {
    if (!range || log.complete || range.startIndex - firstIndex >= rowsAhead) return;
    client.loadOlder(summary.id, pageSize).catch(() => {}); // scrolling on tries again
  }, [range, firstIndex, log.complete, summary.id]);

  return (
    <ListContext value={context}>
      <section aria-label={text.conversation.history} className="relative min-h-0 flex-1">
        <Virtuoso
          ref={list}
          className="h-full"
          data={rows as Row[]}
          firstItemIndex={firstIndex}
          initialTopMostItemIndex={start}
          computeItemKey={(_, row) => row.key}
          itemContent={(_, row) => <MessageRow row={row} />}
          alignToBottom
          scrollerRef={scrollerRef}
          totalListHeightChanged={follow}
          atBottomStateChange={setAtBottom}
          atBottomThreshold={40}
          rangeChanged={setRange}
          increaseViewportBy={400}
          context={{ complete: log.complete }}
          components={frame}
        />
        {!atBottom && (
          <div className="absolute right-4 bottom-3">
            <IconButton
              icon="down"
              label={text.conversation.toBottom}
              onClick={toBottom}
              className="border border-line bg-raised! shadow-md"
            />
            {summary.unread > 0 && (
              <span className="-top-1.5 -left-1.5 absolute min-w-5 rounded-full bg-accent px-1.5 text-center text-xs leading-5 font-semibold text-accent-ink">
                {summary.unread}
              </span>
            )}
          </div>
        )}
      </section>
    </ListContext>
  );
}

interface EdgeProps {
  context: { readonly complete: boolean };
}

/** Above the first row; of one height, whatever it says: nothing moves when the beginning is reached. */
function TopEdge({ context }: EdgeProps) {
  const { beginning, loading } = text.conversation;
  return <p className="h-16 content-center text-center text-sm text-muted">{context.complete ? beginning : loading}</p>;
}

function BottomEdge() {
  return <div className="h-2" />;
}

const frame = { Header: TopEdge, Footer: BottomEdge };
