import { useOutletContext } from 'react-router';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/notice.tsx';
import { text } from '../text.ts';
import type { LayoutContext } from './conversations-layout.tsx';

export function PickConversation() {
  const { start } = useOutletContext<LayoutContext>();
  return (
    <main className="flex flex-1 items-center justify-center">
      <EmptyNote title={text.conversations.pick} hint={text.conversations.pickHint}>
        <Button className="mt-2" onClick={start}>
          {text.conversations.start}
        </Button>
      </EmptyNote>
    </main>
  );
}
