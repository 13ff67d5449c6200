import { useEffect, useState } from 'react';
import { client } from '../client.ts';
import { describeContent } from '../conversations/describe-content.ts';
import { nameOf, selectMe } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';

/** Reads new messages of others aloud. The list itself is no live region: scrolling back would read it all again. */
export function Announcer({ conversation }: { conversation: string }) {
  const me = useAppSelector(selectMe);
  const [heard, setHeard] = useState('');
  useEffect(
    () =>
      client.on('message', (message) => {
        if (message.conversation !== conversation || message.sender.id === me) return;
        setHeard(text.conversation.heard(nameOf(message.sender), describeContent(message.content)));
      }),
    [conversation, me],
  );
  return (
    <div role="log" aria-live="polite" className="sr-only">
      {heard}
    </div>
  );
}
