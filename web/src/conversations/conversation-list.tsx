import { type KeyboardEvent, useDeferredValue, useMemo, useState } from 'react';
import { Virtuoso } from 'react-virtuoso';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { EmptyNote } from '../components/notice.tsx';
import { selectConversationList, titleOf } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { ConversationRow } from './conversation-row.tsx';
import { foldName } from './fold-name.ts';

/** The conversations, newest first, with a filter by name; arrow keys walk from one to the next. */
export function ConversationList({ onStart }: { onStart(): void }) {
  const all = useAppSelector(selectConversationList);
  const listed = useAppSelector((state) => state.entities.conversations.listed);
  const [filter, setFilter] = useState('');
  const wanted = useDeferredValue(foldName(filter.trim()));
  const shown = useMemo(() => all.filter(({ summary }) => foldName(titleOf(summary)).includes(wanted)), [all, wanted]);

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('a')];
    const next = rows[rows.indexOf(document.activeElement as HTMLElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  if (listed && all.length === 0) {
    return (
      <EmptyNote title={text.conversations.empty} hint={text.conversations.emptyHint}>
        <Button kind="primary" className="mt-2" onClick={onStart}>
          {text.conversations.start}
        </Button>
      </EmptyNote>
    );
  }
  return (
    <>
      <label className="mx-4 mb-2 flex items-center gap-2 rounded-xl bg-surface px-3 text-muted focus-within:ring-2 focus-within:ring-accent">
        <Icon name="search" className="size-4" />
        <input
          type="search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setFilter('')}
          placeholder={text.conversations.filter}
          aria-label={text.conversations.filter}
          className="min-h-10 w-full bg-transparent text-ink outline-none placeholder:text-muted"
        />
      </label>
      {listed && shown.length === 0 ? (
        <EmptyNote title={text.conversations.none} hint={text.conversations.noneHint} />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the links inside
        <div className="min-h-0 flex-1" onKeyDown={onKeyDown}>
          <Virtuoso
            data={shown}
            computeItemKey={(_, { summary }) => summary.id}
            itemContent={(_, entity) => <ConversationRow entity={entity} />}
          />
        </div>
      )}
    </>
  );
}
