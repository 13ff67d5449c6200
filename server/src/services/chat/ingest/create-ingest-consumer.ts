import type { Clock } from '../../../kernel/clock.ts';
import { systemContext } from '../../../kernel/context.ts';
import { type ErrorCode, type Failure, fail, toFailure } from '../../../kernel/errors.ts';
import type { Unit } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Draft } from '../../../model/message.ts';
import type { Bus, BusRecord, Subscription } from '../../../ports/bus.ts';
import type { AppendResult, SendMessages } from '../api.ts';
import { chatGroups } from '../groups.ts';
import { encodeReply, parseDraft, readReturnAddress } from './envelope.ts';

export interface IngestConsumerDeps {
  readonly bus: Pick<Bus, 'subscribe' | 'publish'>;
  /** The committer's. */
  readonly append: SendMessages['append'];
  readonly clock: Clock;
  readonly log: Log;
  /** Members of the group in this process: batches in hand at once. */
  readonly consumers: number;
}

/** Drafts of one batch at the most, as many as the committer puts in one of its own. */
const maxBatch = 500;
/** How long the committer may wait for its database before the batch is held and tried again; within the time of a stop. */
const appendMs = 5_000;
const poisonAfter = 3;
/** Nothing was decided about the draft: it stays in the queue, and with it all later ones of its conversation. */
const held: ReadonlySet<ErrorCode> = new Set(['service.unavailable', 'service.timeout', 'service.overloaded']);

/**
 * Drains the queue of drafts in bulk. A record is done with when its draft is committed or refused for good and its caller has
 * been told; what is handed over again is answered as a repeat of its id. What can never be committed is answered too, and
 * set aside (MESSAGE-PATH rule 25).
 */
export function createIngestConsumer(deps: IngestConsumerDeps): Unit {
  const { bus, append, clock, log } = deps;
  let subscriptions: readonly Subscription[] = [];

  async function onRequests(records: readonly BusRecord[]): Promise<void> {
    const replies = createReplies(bus, clock);
    const drafts: Draft[] = [];
    const origins: BusRecord[] = [];
    let poison: Failure | null = null;
    let unsettled: Failure | null = null;
    for (const record of records) {
      try {
        drafts.push(parseDraft(record));
        origins.push(record);
      } catch (thrown) {
        poison = toFailure(thrown);
        replies.add(record, { code: poison.code, detail: poison.message });
      }
    }
    const heard = new Set<number>();
    function onResult(index: number, result: AppendResult): void {
      if (heard.has(index)) return;
      heard.add(index);
      if ('code' in result && held.has(result.code)) unsettled = fail(result.code);
      else replies.add(origins[index]!, result);
      if ('code' in result && result.code === 'internal') poison = fail('request.invalid', 'It cannot be committed.');
    }
    const results = await append(systemContext('ingest', appendMs), drafts, onResult);
    for (const [index, result] of results.entries()) onResult(index, result);
    await replies.sent();
    if (unsettled) throw unsettled;
    if (poison) throw poison;
  }

  return {
    async start() {
      const { group, topics: read } = chatGroups.ingest;
      const join = () => bus.subscribe(group, read, onRequests, { maxBatch, poisonAfter });
      subscriptions = await Promise.all(Array.from({ length: deps.consumers }, join));
      log.debug({ consumers: deps.consumers }, 'drafts are taken from the queue');
    },
    async stop() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

/** The answers of one batch: those that become known in one turn go together. */
function createReplies(bus: Pick<Bus, 'publish'>, clock: Clock) {
  const sending: Promise<void>[] = [];
  let waiting: BusRecord[] = [];

  function send(): void {
    const batch = waiting;
    waiting = [];
    sending.push(bus.publish(batch));
    // Heard of by `sent`, which may not be waiting yet.
    sending.at(-1)!.catch(() => {});
  }

  return {
    add(origin: BusRecord, result: AppendResult): void {
      const address = readReturnAddress(origin);
      if (!address) return;
      if (waiting.length === 0) queueMicrotask(send);
      waiting.push(encodeReply(address.caller, { number: address.number, result }, clock.wall()));
    },
    /** Rejects when the callers could not be told: the batch comes again, and its repeats are answered then. */
    async sent(): Promise<void> {
      await Promise.resolve();
      await Promise.all(sending);
    },
  };
}
