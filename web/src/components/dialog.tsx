import { type ReactNode, useEffect, useId, useRef } from 'react';
import { text } from '../text.ts';
import { IconButton } from './button.tsx';

/** A modal dialog on the browser's own: it holds the focus, closes on Esc, and gives the focus back. */
export function Dialog({ title, onClose, children }: { title: string; onClose(): void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && ref.current?.close()}
      onKeyDown={(event) => event.stopPropagation()}
      className="m-auto max-h-[90dvh] w-full max-w-md overflow-hidden rounded-2xl bg-panel p-0 text-ink shadow-2xl max-sm:mb-0 max-sm:max-w-full max-sm:rounded-b-none"
    >
      <div className="flex max-h-[90dvh] flex-col">
        <header className="flex items-center justify-between gap-2 px-5 pt-4 pb-2">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          <IconButton icon="close" label={text.close} className="-mr-2" onClick={() => ref.current?.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
