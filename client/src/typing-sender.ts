import type { Clock } from './clock.ts';
import type { ClientFrame } from './frames.ts';

/** Others take somebody's typing for ended when it is not repeated; more often than this says nothing new. */
const everyMs = 3_000;

/** Tells the others that we write, holding repeats back. */
export interface TypingSender {
  set(conversation: string, on: boolean): void;
  /** A message was sent, which ends the typing by itself. */
  forget(conversation: string): void;
  clear(): void;
}

export function createTypingSender(deps: { readonly clock: Clock; send(frame: ClientFrame): boolean }): TypingSender {
  const told = new Map<string, number>();
  return {
    set(conversation, on) {
      const last = told.get(conversation);
      if (on ? last !== undefined && deps.clock.now() - last < everyMs : last === undefined) return;
      if (!deps.send({ op: 'typing', conversation, on })) return;
      if (on) told.set(conversation, deps.clock.now());
      else told.delete(conversation);
    },
    forget: (conversation) => void told.delete(conversation),
    clear: () => told.clear(),
  };
}
