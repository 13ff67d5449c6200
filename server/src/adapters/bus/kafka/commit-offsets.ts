import type { Log } from '../../../kernel/log.ts';
import { pause } from '../../../kernel/pause.ts';
import type { HeldPartition } from './held-partition.ts';
import type { Membership } from './join-group.ts';

export interface CommitDeps {
  readonly group: string;
  readonly partitions: () => readonly HeldPartition[];
  readonly membership: () => Membership;
  readonly log: Log;
}

export interface Commits {
  /** Something was handled. */
  wake(): void;
  /** Resolves when all that was handled is committed, or is not ours to commit any more. */
  flush(): Promise<void>;
  /** No attempt after this one. */
  stop(): void;
}

const retryMs = 250;
/** From one commit to the next: a commit costs the broker as much as a record, and after a crash a few more records come again. */
const everyMs = 100;

/**
 * One commit at a time, of what has been handled by then; tried until it succeeds, for a broker may be away for a while. The
 * first is made at once, others follow at a distance, unless somebody waits in `flush`.
 */
export function createCommits(deps: CommitDeps): Commits {
  let running: Promise<void> | undefined;
  let stopped = false;
  let flushes = 0;
  let resting: AbortController | undefined;

  const due = () =>
    stopped
      ? []
      : deps.partitions().filter((held) => !held.lost && held.handled !== null && held.handled !== held.committed);

  async function run(): Promise<void> {
    while (due().length > 0) {
      await deps.membership().settled();
      const batch = due().map((held) => ({ held, offset: held.handled! }));
      if (batch.length === 0) break;
      try {
        await deps.membership().client.commit({
          offsets: batch.map(({ held: { topic, partition }, offset }) => ({
            topic,
            partition,
            offset,
            leaderEpoch: -1,
          })),
        });
        for (const { held, offset } of batch) held.committed = offset;
        await rest();
      } catch (thrown) {
        if (due().length === 0) break;
        deps.log.warn({ group: deps.group, err: thrown }, 'Kafka did not take the offsets; trying again');
        await pause(retryMs);
      }
    }
    running = undefined;
  }

  function rest(): Promise<void> {
    if (stopped || flushes > 0) return Promise.resolve();
    resting = new AbortController();
    return pause(everyMs, resting.signal);
  }

  function wake(): void {
    running ??= run();
  }

  return {
    wake,
    async flush() {
      flushes++;
      resting?.abort();
      while (due().length > 0) {
        wake();
        await running;
      }
      flushes--;
    },
    stop() {
      stopped = true;
      resting?.abort();
    },
  };
}
