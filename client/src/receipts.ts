import type { Clock } from './clock.ts';
import type { ClientFrame } from './frames.ts';

export interface Marks {
  readonly delivered?: number;
  readonly read?: number;
}

/** Gathers our watermarks and tells the server at most one frame per conversation and interval; keeps them while offline. */
export interface ReceiptQueue {
  add(conversation: string, marks: Marks): void;
  flush(): void;
  clear(): void;
}

const everyMs = 300;

export function createReceiptQueue(deps: { readonly clock: Clock; send(frame: ClientFrame): boolean }): ReceiptQueue {
  const pending = new Map<string, Marks>();
  let timer = false;

  function flush(): void {
    for (const [conversation, marks] of pending) {
      if (!deps.send({ op: 'receipt', conversation, ...marks })) return;
      pending.delete(conversation);
    }
  }

  return {
    add(conversation, marks) {
      const before = pending.get(conversation);
      pending.set(conversation, {
        ...highest('delivered', before, marks),
        ...highest('read', before, marks),
      });
      if (timer) return;
      timer = true;
      deps.clock.after(everyMs, () => {
        timer = false;
        flush();
      });
    },
    flush,
    clear: () => pending.clear(),
  };
}

function highest(name: keyof Marks, ...all: readonly (Marks | undefined)[]): Marks {
  const values = all.map((marks) => marks?.[name]).filter((value) => value !== undefined);
  return values.length > 0 ? { [name]: Math.max(...values) } : {};
}
