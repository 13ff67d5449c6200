import type { Clock } from '../../../kernel/clock.ts';
import { toFailure } from '../../../kernel/errors.ts';
import { guardListener } from '../../../kernel/guard-listener.ts';
import { type ConversationId, createId } from '../../../kernel/ids.ts';
import type { Unit } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Metrics } from '../../../kernel/metrics.ts';
import type { Draft } from '../../../model/message.ts';
import { type Bus, type BusRecord, type Subscription, topics } from '../../../ports/bus.ts';
import type { AppendResult, SendMessages } from '../api.ts';
import { encodeRequest, parseDraft, parseReply } from './envelope.ts';

export interface QueuedAppendConfig {
  /** How long an answer is waited for, milliseconds; less where the caller's deadline is nearer. */
  readonly replyMs: number;
  /** Drafts whose answer is outstanding at the most; beyond it senders are told to come back. */
  readonly maxWaiting: number;
}

export interface QueuedAppendDeps {
  /** Over which the answers come. */
  readonly bus: Pick<Bus, 'listen'>;
  /** Over which drafts go, at least one. A conversation keeps to one of them, and so its order. */
  readonly producers: readonly Pick<Bus, 'publish'>[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly config?: Partial<QueuedAppendConfig>;
}

const defaults: QueuedAppendConfig = { replyMs: 8_000, maxWaiting: 50_000 };
/** Before the caller's deadline, or somebody else would answer that it has passed. */
const marginMs = 250;
/** Whether the draft is or will be stored is unknown; the same id tells (rule 25). */
const unanswered: AppendResult = { code: 'service.unavailable', retryAfterMs: 1_000 };

interface Waiting {
  readonly began: number;
  answer(result: AppendResult): void;
}

/**
 * `append` by way of a durable queue: bursts are absorbed there, and drafts outlive a restart of the database in it. The answer is
 * still the committer's, after the commit (MESSAGE-PATH rule 25).
 */
export function createQueuedAppend(deps: QueuedAppendDeps): {
  readonly append: SendMessages['append'];
  readonly unit: Unit;
} {
  const { clock, log, metrics, producers } = deps;
  const config = { ...defaults, ...deps.config };
  const caller: string = createId();
  const waiting = new Map<number, Waiting>();
  const depth = metrics.gauge('parley_ingest_waiting', 'Drafts sent to the queue and not answered');
  const seconds = metrics.histogram('parley_ingest_seconds', 'From the queue of drafts to their answer');
  let last = 0;
  let subscription: Subscription | null = null;

  function settle(number: number, result: AppendResult): void {
    const entry = waiting.get(number);
    if (!entry) return;
    waiting.delete(number);
    depth.set(waiting.size);
    seconds.observe((clock.monotonic() - entry.began) / 1_000);
    entry.answer(result);
  }

  function settleAll(numbers: Iterable<number>, result: AppendResult): void {
    for (const number of numbers) settle(number, result);
  }

  function onReplies(records: readonly BusRecord[]): void {
    for (const record of records) {
      const reply = parseReply(record);
      if (reply) settle(reply.number, reply.result);
      else log.warn({ key: record.key }, 'an answer from the queue cannot be read');
    }
  }

  function send(numbers: readonly number[], drafts: readonly Draft[]): void {
    const parts = producers.map(() => ({ numbers: [] as number[], records: [] as BusRecord[] }));
    for (const [i, draft] of drafts.entries()) {
      const number = numbers[i]!;
      const record = encodeRequest({ caller, number, draft }, clock.wall());
      const refused = refuse(record);
      if (refused) {
        settle(number, refused);
        continue;
      }
      const part = parts[laneOf(draft.conversation, producers.length)]!;
      part.numbers.push(number);
      part.records.push(record);
    }
    for (const [i, part] of parts.entries()) {
      if (part.records.length === 0) continue;
      producers[i]!.publish(part.records).catch((err) => {
        log.warn({ err, drafts: part.numbers.length }, 'drafts did not reach the queue');
        settleAll(part.numbers, unanswered);
      });
    }
  }

  return {
    append(ctx, drafts, onResult) {
      const all = (result: AppendResult) => Promise.resolve(drafts.map(() => result));
      const patience = Math.min(config.replyMs, ctx.deadline - clock.monotonic() - marginMs);
      if (!subscription || patience <= 0) return all(unanswered);
      if (waiting.size + drafts.length > config.maxWaiting) {
        return all({ code: 'service.overloaded', retryAfterMs: 1_000 });
      }
      if (drafts.length === 0) return Promise.resolve([]);
      return new Promise((resolve) => {
        const results: AppendResult[] = new Array(drafts.length);
        const numbers = drafts.map(() => ++last);
        const timer = setTimeout(() => settleAll(numbers, unanswered), patience);
        const began = clock.monotonic();
        let left = drafts.length;
        const tell = guardListener(onResult, log);
        numbers.forEach((number, index) => {
          const answer = (result: AppendResult): void => {
            results[index] = result;
            tell(index, result);
            if (--left > 0) return;
            clearTimeout(timer);
            resolve(results);
          };
          waiting.set(number, { began, answer });
        });
        depth.set(waiting.size);
        send(numbers, drafts);
      });
    },
    unit: {
      async start() {
        // Their answers may be among what was missed: better asked again now than at the end of their patience.
        const onGap = () => settleAll([...waiting.keys()], unanswered);
        subscription = await deps.bus.listen([topics.replies], onReplies, { onGap, keys: [caller] });
      },
      async stop() {
        const ending = subscription;
        subscription = null;
        settleAll([...waiting.keys()], unanswered);
        await ending?.close();
      },
    },
  };
}

/** What the committer's side would take for poison is refused here. */
function refuse(record: BusRecord): AppendResult | null {
  try {
    parseDraft(record);
    return null;
  } catch (thrown) {
    const { code, message } = toFailure(thrown);
    return { code, detail: message };
  }
}

/** The end of a UUID is as good as a hash of it. */
function laneOf(conversation: ConversationId, lanes: number): number {
  return Number.parseInt(conversation.slice(-8), 16) % lanes;
}
