import type { SessionInfo } from '@parley/client';
import { useEffect, useState } from 'react';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { formatExact } from '../format.ts';
import { text } from '../text.ts';

const words = text.settings;

/** Every place the account is signed in, and a way to end each. */
export function SessionList() {
  const [sessions, setSessions] = useState<readonly SessionInfo[]>([]);
  useEffect(() => {
    client.api.listSessions().then(
      ({ items }) => setSessions(items),
      () => {},
    );
  }, []);

  async function end(id: string) {
    await client.api.revokeSession(id);
    setSessions((before) => before.filter((session) => session.id !== id));
  }

  return (
    <section>
      <h3 className="mb-2 font-semibold">{words.sessions}</h3>
      <ul className="divide-y divide-line rounded-2xl border border-line bg-panel">
        {sessions.map((session) => (
          <li key={session.id} className="flex items-center gap-3 px-4 py-3">
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{session.device ?? words.unknownDevice}</span>
              <span className="block truncate text-sm text-muted">
                {session.current ? words.thisSession : words.lastSeen(formatExact(session.lastSeenAt))}
                {session.address ? ` · ${session.address}` : ''}
              </span>
            </span>
            {!session.current && <Button onClick={() => void end(session.id)}>{words.end}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}
