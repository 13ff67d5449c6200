/** Work that waits, and who for. */
interface Entry {
  start(): void;
  refuse(): void;
}

export interface FairQueue {
  /** Runs the work in its turn; throws what `full` makes where there is no place. */
  run<T>(whose: string, work: () => Promise<T>): Promise<T>;
}

/**
 * `atOnce` pieces of work at a time, those of different callers in turn: who asks for much waits behind themselves, not before
 * others. Of `waiting` places the one who has most gives the last one up to a newcomer who has fewer.
 */
export function createFairQueue(
  limits: { readonly atOnce: number; readonly waiting: number },
  full: () => Error,
): FairQueue {
  /** In the order of their turns. */
  const queues = new Map<string, Entry[]>();
  let waiting = 0;
  let running = 0;

  function makePlace(whose: string): void {
    if (waiting < limits.waiting) return;
    let longest: Entry[] = [];
    for (const queue of queues.values()) if (queue.length > longest.length) longest = queue;
    if (longest.length <= (queues.get(whose)?.length ?? 0) + 1) throw full();
    waiting--;
    longest.pop()?.refuse();
  }

  function next(): void {
    const [first] = queues;
    if (!first || running >= limits.atOnce) return;
    const [whose, queue] = first;
    const entry = queue.shift();
    queues.delete(whose);
    if (queue.length > 0) queues.set(whose, queue);
    waiting--;
    entry?.start();
  }

  async function begin<T>(work: () => Promise<T>): Promise<T> {
    running++;
    try {
      return await work();
    } finally {
      running--;
      next();
    }
  }

  return {
    async run(whose, work) {
      if (running < limits.atOnce) return await begin(work);
      makePlace(whose);
      return await new Promise((resolve, reject) => {
        const queue = queues.get(whose) ?? [];
        queue.push({ start: () => begin(work).then(resolve, reject), refuse: () => reject(full()) });
        queues.set(whose, queue);
        waiting++;
      });
    },
  };
}
