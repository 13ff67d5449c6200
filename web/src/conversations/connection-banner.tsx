import type { Refusal } from '@parley/client';
import { useEffect, useState } from 'react';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';

/** A moment without a connection is nobody's concern; longer, a note lies over the page and moves nothing. */
const patienceMs = 1_500;

export function ConnectionBanner() {
  const { state, refusal } = useAppSelector((root) => root.views.connection);
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (state === 'online') return;
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [state]);
  const shown = state !== 'online' && late;
  return (
    <output
      className={`pointer-events-none fixed inset-x-0 top-18 z-20 flex justify-center px-4 transition-opacity ${shown ? 'opacity-100' : 'opacity-0'}`}
    >
      {shown && (
        <span className="rounded-2xl bg-ink px-4 py-1.5 text-sm text-surface shadow-lg">{describe(refusal)}</span>
      )}
    </output>
  );
}

function describe(refusal: Refusal | null): string {
  if (refusal?.code === 'action.forbidden') return text.connection.originRefused(window.location.origin);
  if (refusal) return text.connection.refused(refusal.message);
  return navigator.onLine ? text.connection.connecting : text.connection.offline;
}
