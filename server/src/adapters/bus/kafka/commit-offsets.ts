import type { Log } from '../../../kernel/log.ts';
import type { HeldPartition } from './held-partition.ts';
import type { Membership } from './join-group.ts';
import { pause } from './load-driver.ts';

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

/** One commit at a time, of what has been handled by then; tried until it succeeds, for a broker may be away for a while. */
export function createCommits(deps: CommitDeps): Commits {
  let running: Promise<void> | undefined;
  let stopped = false;

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
      } catch (thrown) {
        if (due().length === 0) break;
        deps.log.warn({ group: deps.group, err: thrown }, 'Kafka did not take the offsets; trying again');
        await pause(retryMs);
      }
    }
    running = undefined;
  }

  function wake(): void {
    running ??= run();
  }

  return {
    wake,
    async flush() {
      while (due().length > 0) {
        wake();
        await running;
      }
    },
    stop() {
      stopped = true;
    },
  };
}
