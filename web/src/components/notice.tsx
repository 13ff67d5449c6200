import type { ReactNode } from 'react';

/** What an empty place says, and what to do about it. */
export function EmptyNote({ title, hint, children }: { title: string; hint: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 p-8 text-center">
      <p dir="auto" className="font-semibold">
        {title}
      </p>
      <p className="max-w-xs text-muted">{hint}</p>
      {children}
    </div>
  );
}

/** Why something did not work; read aloud at once. */
export function ErrorNote({ message }: { message: string | null }) {
  if (!message) return null;
  return (
    <p role="alert" className="rounded-xl bg-bad-soft px-3 py-2 text-sm text-bad">
      {message}
    </p>
  );
}
