import type { Clock } from '../../../kernel/clock.ts';
import { guardListener } from '../../../kernel/guard-listener.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Metrics } from '../../../kernel/metrics.ts';
import type { Decide } from '../../../ports/policy.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { StorageGuard } from '../../../ports/storage-guard.ts';
import type { AppendResult } from '../api.ts';
import { decide } from '../deciding/decide.ts';
import type { Committer } from '../deps.ts';
import { createCommitLane } from './commit-lane.ts';
import { draftBytes, type Waiting } from './waiting.ts';

export interface CommitterConfig {
  /** Commits in flight at once, each on its own connection. */
  readonly lanes: number;
  /** Drafts in one batch at the most, and their bytes (rule 4). */
  readonly batchDrafts: number;
  readonly batchBytes: number;
  /** Drafts waiting at the most; beyond it senders are told to come back. */
  readonly queueDrafts: number;
  /** And their bytes. */
  readonly queueBytes: number;
}

export const committerDefaults: CommitterConfig = {
  lanes: 2,
  batchDrafts: 500,
  batchBytes: 1024 * 1024,
  queueDrafts: 50_000,
  queueBytes: 64 * 1024 * 1024,
};

export interface CommitterDeps {
  readonly sql: Sql;
  readonly storage: StorageGuard;
  /**
   * True while the consumers of the change stream do not keep up with what is appended: the next batch waits, so that senders
   * slow down to a pace that delivery can hold, instead of running ahead of it without bound (promise 7).
   */
  readonly behind?: () => boolean;
  /** Who may do what; absent: chat's own rules. */
  readonly decide?: Decide;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly config?: Partial<CommitterConfig>;
}

/** How soon to look again whether delivery has caught up. */
const behindMs = 2;

/**
 * The group committer (docs/architecture/message-path.md): FIFO per conversation; while a commit is in flight the next batch gathers, so
 * there is neither an artificial delay nor a timer. A conversation is never in two commits of this process at once, which is
 * also what keeps it waiting while a batch's outcome is unknown (rule 5).
 */
export function createCommitter(deps: CommitterDeps): Committer {
  const config = { ...committerDefaults, ...deps.config };
  const queues = new Map<ConversationId, Waiting[]>();
  /** Conversations with drafts waiting and no commit in flight, in the order they became so. */
  const ready = new Set<ConversationId>();
  const busy = new Set<ConversationId>();
  let waiting = 0;
  let waitingBytes = 0;
  let idleLanes = config.lanes;
  let pumping = false;
  let whenIdle: (() => void) | undefined;
  const batches = deps.metrics.counter('parley_append_batches_total', 'Append batches committed');
  const appended = deps.metrics.counter('parley_append_drafts_total', 'Drafts that went through a batch');
  const seconds = deps.metrics.histogram(
    'parley_append_batch_seconds',
    'From the first statement of a batch to its commit',
  );
  const depth = deps.metrics.gauge('parley_append_waiting', 'Drafts waiting for a batch');
  const lane = createCommitLane({ decide, ...deps });

  function enqueue(entry: Waiting): void {
    const id = entry.draft.conversation;
    const queue = queues.get(id);
    if (queue) queue.push(entry);
    else {
      queues.set(id, [entry]);
      if (!busy.has(id)) ready.add(id);
    }
    waiting++;
    waitingBytes += entry.bytes;
  }

  /** Takes the next batch: whole conversations in turn, as far as the bounds allow. */
  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const id of ready) {
      const queue = queues.get(id) as Waiting[];
      let taken = 0;
      for (const entry of queue) {
        if (batch.length === config.batchDrafts || (batch.length > 0 && bytes + entry.bytes > config.batchBytes)) break;
        batch.push(entry);
        bytes += entry.bytes;
        taken++;
      }
      if (taken === 0) break;
      if (taken === queue.length) queues.delete(id);
      else queues.set(id, queue.slice(taken));
      ready.delete(id);
      busy.add(id);
    }
    waiting -= batch.length;
    waitingBytes -= bytes;
    return batch;
  }

  function pump(): void {
    pumping = false;
    if (deps.behind?.() && ready.size > 0) {
      pumping = true;
      setTimeout(pump, behindMs);
      return;
    }
    while (idleLanes > 0 && ready.size > 0) {
      idleLanes--;
      void commit(takeBatch());
    }
    depth.set(waiting);
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const began = deps.clock.monotonic();
    const blocked = await lane.run(batch);
    idleLanes++;
    batches.add();
    appended.add(batch.length);
    seconds.observe((deps.clock.monotonic() - began) / 1000);
    const held = new Set(blocked.map((entries) => entries[0]!.draft.conversation));
    for (const entry of batch) if (!held.has(entry.draft.conversation)) free(entry.draft.conversation);
    for (const entries of blocked) void lane.waitAlone(entries).then(() => free(entries[0]!.draft.conversation));
    schedule();
  }

  /** The conversation may be part of a batch again. */
  function free(id: ConversationId): void {
    if (!busy.delete(id)) return;
    if (queues.has(id)) {
      ready.add(id);
      schedule();
    }
    if (busy.size === 0 && waiting === 0) whenIdle?.();
  }

  /** Once per turn, so that all drafts that arrive in it share a batch. */
  function schedule(): void {
    if (pumping) return;
    pumping = true;
    queueMicrotask(pump);
  }

  return {
    append(ctx, drafts, onResult) {
      if (deps.storage.full())
        return Promise.resolve(drafts.map(() => ({ code: 'storage.full', retryAfterMs: 5_000 })));
      const isFull =
        waiting + drafts.length > config.queueDrafts ||
        waitingBytes + drafts.reduce((bytes, draft) => bytes + draftBytes(draft), 0) > config.queueBytes;
      if (isFull) {
        return Promise.resolve(drafts.map(() => ({ code: 'service.overloaded', retryAfterMs: 1_000 })));
      }
      if (drafts.length === 0) return Promise.resolve([]);
      return new Promise((resolve) => {
        const results: AppendResult[] = new Array(drafts.length);
        let left = drafts.length;
        const tell = guardListener(onResult, deps.log);
        drafts.forEach((draft, index) => {
          const answer = (result: AppendResult): void => {
            results[index] = result;
            tell(index, result);
            if (--left === 0) resolve(results);
          };
          enqueue({ draft, bytes: draftBytes(draft), deadline: ctx.deadline, answer });
        });
        schedule();
      });
    },
    unit: {
      /** Everything accepted is answered before the connections are closed. */
      async stop() {
        if (busy.size > 0 || waiting > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
        lane.close();
      },
    },
  };
}
