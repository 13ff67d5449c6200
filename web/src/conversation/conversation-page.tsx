import { useCallback, useEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/notice.tsx';
import { MembersPanel } from '../people/members-panel.tsx';
import { loadMembers } from '../store/bind-client.ts';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { selectConversation } from '../store/selectors.ts';
import { store, useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { MessageList } from './message-list.tsx';
import { TypingLine } from './typing-line.tsx';

export function ConversationPage() {
  const { id = '' } = useParams();
  const entity = useAppSelector((state) => selectConversation(state, id));
  const listed = useAppSelector((state) => state.entities.conversations.listed);
  if (entity) return <OpenConversation key={`${id} ${entity.log.epoch}`} entity={entity} />;
  return (
    <main className="flex flex-1 items-center justify-center">
      {listed ? (
        <EmptyNote title={text.conversations.none} hint={text.conversation.unknown} />
      ) : (
        <output className="text-muted">{text.loading}</output>
      )}
    </main>
  );
}

/** Pages are read back to the first unread message, but no further than this many messages. */
const openingMessages = 400;

type Opening = 'loading' | 'ready' | 'failed';

function OpenConversation({ entity }: { entity: ConversationEntity }) {
  const { id, read, unread } = entity.summary;
  const [opening, setOpening] = useState<Opening>('loading');
  const [membersShown, setMembersShown] = useState(false);
  // The read mark moves while one reads; the line above what was new stays.
  const [readAtOpening] = useState(unread > 0 ? read : Number.POSITIVE_INFINITY);

  const open = useCallback(() => {
    let current = true;
    setOpening('loading');
    loadToFirstUnread(id, readAtOpening).then(
      () => current && setOpening('ready'),
      () => current && setOpening('failed'),
    );
    return () => {
      current = false;
    };
  }, [id, readAtOpening]);

  useEffect(open, [open]);
  useEffect(() => {
    void loadMembers(client, store, id);
    void client.loadReceipts(id).catch(() => {});
  }, [id]);
  const showMembers = useCallback(() => setMembersShown((shown) => !shown), []);
  const empty = entity.log.messages.length === 0 && !entity.log.complete;
  const content = useMemo(
    () => ({ loading: opening === 'loading' || (opening === 'ready' && empty), failed: opening === 'failed' }),
    [opening, empty],
  );

  // What was held was lost (another epoch, a restore): read it anew.
  useEffect(() => {
    if (opening === 'ready' && empty) return open();
  }, [opening, empty, open]);

  return (
    <>
      <main className="flex min-h-0 min-w-0 flex-1">
        <section className="flex min-w-0 flex-1 flex-col">
          <ConversationHeader entity={entity} membersShown={membersShown} onMembers={showMembers} />
          {content.failed ? (
            <div className="flex flex-1 flex-col items-center justify-center gap-3">
              <p>{text.conversation.loadFailed}</p>
              <Button onClick={open}>{text.conversation.tryAgain}</Button>
            </div>
          ) : content.loading ? (
            <div className="flex flex-1 items-center justify-center">
              <output className="text-muted">{text.conversation.loading}</output>
            </div>
          ) : (
            <MessageList entity={entity} readAtOpening={readAtOpening} />
          )}
          <TypingLine entity={entity} />
          <Composer key={id} entity={entity} />
        </section>
        {membersShown && <MembersPanel entity={entity} onClose={showMembers} />}
      </main>
      <Announcer conversation={id} />
    </>
  );
}

async function loadToFirstUnread(id: string, read: number): Promise<void> {
  for (;;) {
    const log = client.conversation(id)?.log;
    const first = log?.messages[0]?.seq;
    if (!log || log.complete || log.messages.length >= openingMessages) return;
    if (first !== undefined && first <= read + 1 && log.messages.length >= 30) return;
    if (!(await client.loadOlder(id, first === undefined ? 50 : 100))) return;
  }
}
