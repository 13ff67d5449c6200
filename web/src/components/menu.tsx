import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { IconButton } from './button.tsx';

export interface MenuItem {
  readonly label: string;
  readonly danger?: boolean;
  onSelect(): void;
}

/** A button that opens a menu: arrows move, Enter chooses, Esc and a click elsewhere close. Stays inside the window. */
export function Menu({ label, items, header }: { label: string; items: readonly MenuItem[]; header?: ReactNode }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    if (!open || !panel.current || !button.current) return;
    const menu = panel.current;
    menu.showPopover();
    const at = button.current.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const below = at.bottom + height + 8 < innerHeight;
    menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
    menu.style.left = `${Math.min(Math.max(8, at.right - width), innerWidth - width - 8)}px`;
    menu.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }, [open]);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !panel.current) return;
    event.preventDefault();
    const entries = [...panel.current.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const now = entries.indexOf(document.activeElement as HTMLElement);
    entries[(now + step + entries.length) % entries.length]?.focus();
  }

  return (
    <>
      <IconButton
        ref={button}
        icon="dots"
        label={label}
        className="size-8!"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div
          ref={panel}
          id={id}
          role="menu"
          tabIndex={-1}
          aria-label={label}
          popover="auto"
          onToggle={(event) => event.newState === 'closed' && setOpen(false)}
          onKeyDown={onKeyDown}
          onClick={close}
          className="fixed m-0 min-w-44 rounded-xl border border-line bg-raised p-1 text-ink shadow-xl"
        >
          {header}
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={item.onSelect}
              className={`flex min-h-10 w-full items-center rounded-lg px-3 text-left hover:bg-hover focus:bg-hover ${item.danger ? 'text-bad' : ''}`}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
