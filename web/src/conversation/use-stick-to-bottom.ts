import { useCallback, useEffect, useRef, useState } from 'react';

export interface StickToBottom {
  /** For the list's scrolling element. */
  scrollerRef(element: HTMLElement | Window | null): void;
  /** Call when the height of what is inside has changed. */
  follow(): void;
  /** Goes to the end and stays there. */
  toBottom(): void;
  /** Index of the last row of which something is in view; the list holds some more below it. */
  lastInView(): number | null;
}

/** Pixels from the end that still count as the end. */
const slack = 40;
/** What a hand does, and for how long a scrolling after it counts as its doing. */
const hands = ['wheel', 'touchmove', 'pointerdown', 'pointermove', 'keydown'] as const;
const handMs = 500;

/**
 * Keeps a list at its end, whatever grows or shrinks (a burst of messages, a picture, the keyboard of a phone), until the
 * reader turns away from it: only what a hand does ends the following, never a change of layout.
 */
export function useStickToBottom(atStart: boolean): StickToBottom {
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const following = useRef(atStart);

  const follow = useCallback(() => {
    // The list says its new height before the page has it.
    requestAnimationFrame(() => {
      if (following.current) scroller?.scrollTo({ top: scroller.scrollHeight });
    });
  }, [scroller]);

  const toBottom = useCallback(() => {
    following.current = true;
    follow();
  }, [follow]);

  const lastInView = useCallback(() => {
    const bottom = scroller?.getBoundingClientRect().bottom ?? 0;
    const rows = [...(scroller?.querySelectorAll<HTMLElement>('[data-item-index]') ?? [])];
    const last = rows.findLast((row) => row.getBoundingClientRect().top < bottom);
    return last ? Number(last.dataset.itemIndex) : null;
  }, [scroller]);

  useEffect(() => {
    if (!scroller) return;
    let handAt = Number.NEGATIVE_INFINITY;
    let lastTop = scroller.scrollTop;
    const onHand = () => {
      handAt = performance.now();
    };
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = scroller;
      if (scrollHeight - scrollTop - clientHeight < slack) following.current = true;
      else if (scrollTop < lastTop && performance.now() - handAt < handMs) following.current = false;
      lastTop = scrollTop;
    };
    const resized = new ResizeObserver(follow);
    resized.observe(scroller);
    scroller.addEventListener('scroll', onScroll, { passive: true });
    for (const type of hands) scroller.addEventListener(type, onHand, { passive: true });
    return () => {
      resized.disconnect();
      scroller.removeEventListener('scroll', onScroll);
      for (const type of hands) scroller.removeEventListener(type, onHand);
    };
  }, [scroller, follow]);

  const scrollerRef = useCallback(
    (element: HTMLElement | Window | null) => setScroller(element instanceof HTMLElement ? element : null),
    [],
  );
  return { scrollerRef, follow, toBottom, lastInView };
}
