import { useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { text } from '../text.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { ConversationList } from './conversation-list.tsx';
import { StartDialog } from './start-dialog.tsx';

/** The list beside a conversation; on a phone's width one of the two. */
export function ConversationsLayout() {
  const [starting, setStarting] = useState(false);
  const inside = useLocation().pathname !== '/app';
  return (
    <div className="flex h-dvh overflow-hidden">
      <ConnectionBanner />
      <nav
        aria-label={text.conversations.title}
        className={`${inside ? 'hidden md:flex' : 'flex'} w-full flex-col border-line bg-panel md:w-80 md:border-r lg:w-96`}
      >
        <header className="flex h-16 shrink-0 items-center gap-1 px-4">
          <h1 className="flex-1 text-xl font-semibold tracking-tight">{text.conversations.title}</h1>
          <IconButton icon="plus" label={text.conversations.start} onClick={() => setStarting(true)} />
          <Link
            to="/app/settings"
            aria-label={text.conversations.settings}
            title={text.conversations.settings}
            className="inline-flex size-10 items-center justify-center rounded-xl text-muted hover:bg-hover hover:text-ink"
          >
            <Icon name="gear" />
          </Link>
        </header>
        <ConversationList onStart={() => setStarting(true)} />
      </nav>
      <div className={`${inside ? 'flex' : 'hidden md:flex'} min-w-0 flex-1 flex-col`}>
        <Outlet context={{ start: () => setStarting(true) } satisfies LayoutContext} />
      </div>
      {starting && <StartDialog onClose={() => setStarting(false)} />}
    </div>
  );
}

/** What pages inside the layout may use. */
export interface LayoutContext {
  /** Opens the dialog that begins a conversation. */
  start(): void;
}
