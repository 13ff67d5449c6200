import type { Change } from '../model/change.ts';

export interface BusRecord {
  readonly topic: string;
  /** The conversation (chat) or the account (identity, people): what order is kept by. */
  readonly key: string;
  readonly value: Change<object>;
}

export interface Subscription {
  /** Resolves when the handler has finished what it was given; nothing is handed to it afterwards. */
  close(): Promise<void>;
}

export interface GroupOptions {
  /**
   * Records handed over in one call at the most. A batch ends between two transactions wherever a whole one fits: who merges
   * the rows of a transaction asks for more than its largest (rule 13: 1,000 rows).
   */
  readonly maxBatch?: number;
  /**
   * How often a batch that keeps failing with a non-retryable Failure is tried before it is set aside as a dead letter with
   * its reason. Any other error is retried for ever: an outage must not eat records.
   */
  readonly poisonAfter?: number;
}

/** A consumer group and what it reads; every service says which it has. */
export interface GroupTopology {
  readonly group: string;
  readonly topics: readonly string[];
}

export interface ListenOptions {
  /**
   * Records may have been missed: the broker or the way to it was away, a handler failed, the process did not keep up. Forget
   * what was built from them, or read it anew. Called again until it succeeds, one call at a time; records go on meanwhile.
   */
  onGap(): void | Promise<void>;
  /** Only records of these keys; none given: of all. What else is published costs a listener less then. */
  readonly keys?: readonly string[];
}

/**
 * The transport of the change stream. Records belong to everybody once published: neither the publisher nor a handler may
 * change them (an adapter may freeze them); the published array stays the publisher's.
 *
 * Guarantees, per topic:
 * - order: records of one key reach a group in the order they were published. Counter-example: two batches published without
 *   waiting in between must not overtake each other.
 * - at least once: when `publish` has resolved, every group that was declared gets the record even if this process is killed
 *   now, unless `durable` is false: then `publish` resolves only when every group has *handled* the record, and the publisher
 *   keeps it until then (the replication slot is the memory).
 * - a handler that throws gets the same records again, in order, before any later ones of the same key.
 * - one copy per group; the members of a group share the keys between them.
 * - back-pressure: a slow group delays `publish`; nothing is buffered without bound.
 */
export interface Bus {
  readonly guarantees: { readonly durable: boolean };
  /** Keeps the order of the array and of the calls. Rejects with `service.unavailable` when the broker is away. */
  publish(records: readonly BusRecord[]): Promise<void>;
  /** Declares the group and begins to hand it records. `handler` gets at least one record, in order. */
  subscribe(
    group: string,
    topics: readonly string[],
    handler: (records: readonly BusRecord[]) => Promise<void>,
    options?: GroupOptions,
  ): Promise<Subscription>;
  /**
   * For what every process keeps for itself (caches, revoked sessions): each listener gets its own copy of every record published
   * from the moment this resolves, in the order of each key, until it is closed. The broker keeps nothing for a listener that
   * is away, and what it may have missed it is told of by `onGap`; nothing is handed over twice on purpose, and nothing is set
   * aside. Counter-example: a group named after the process, whose queue or offsets outlive it for ever.
   */
  listen(
    topics: readonly string[],
    handler: (records: readonly BusRecord[]) => void | Promise<void>,
    options: ListenOptions,
  ): Promise<Subscription>;
  close(): Promise<void>;
}

export const topics = {
  identity: 'parley.identity',
  people: 'parley.people',
  chat: 'parley.chat',
  /** Drafts on their way to the committer, and the answers to them (rule 25): no changes, but in their shape. */
  ingest: 'parley.ingest',
  replies: 'parley.replies',
} as const;
