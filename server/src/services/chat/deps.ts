import type { Clock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Incarnation } from '../../model/position.ts';
import type { Bus } from '../../ports/bus.ts';
import type { Decide } from '../../ports/policy.ts';
import type { Sql } from '../../ports/sql.ts';
import type { StorageGuard } from '../../ports/storage-guard.ts';
import type { PeopleApi } from '../people/api.ts';
import type { RouterApi } from '../router/api.ts';
import type { SendMessages } from './api.ts';

export interface ChatConfig {
  /** Within this time after a receipt was written, later ones of the same reader are merged into one write (rule 19). */
  readonly receiptWindowMs: number;
  /** How long a membership may be remembered for typing and ephemeral messages, and how many at the most. */
  readonly accessTtlMs: number;
  readonly accessEntries: number;
  /** How long a read that was triggered by a change waits until the database shows it (rule 12). */
  readonly visibleWithinMs: number;
  /**
   * Bytes of content and reactions in one answer of backlogs, changes or a repair, and a message more for each reader: what is too
   * large for one call would be asked for again and again. Must be well below what a transport carries (docs/architecture/rpc.md).
   */
  readonly answerBytes: number;
  /** Memory for pages of history that were read a moment ago. */
  readonly pageCacheBytes: number;
  /** Searches of messages that run at the same time. */
  readonly searchesAtOnce: number;
  /** What the attachments of one account may take, with those on their way. */
  readonly attachmentQuotaBytes: number;
}

const chatDefaults: ChatConfig = {
  receiptWindowMs: 1_000,
  accessTtlMs: 10_000,
  accessEntries: 100_000,
  visibleWithinMs: 2_000,
  answerBytes: 8 * 1024 * 1024,
  pageCacheBytes: 32 * 1024 * 1024,
  searchesAtOnce: 4,
  attachmentQuotaBytes: 1024 * 1024 * 1024,
};

/** What appends messages: the group committer, or in front of it a queue. */
export interface Committer {
  readonly append: SendMessages['append'];
  readonly unit: Unit;
}

export interface ChatDeps {
  readonly sql: Sql;
  readonly people: PeopleApi;
  readonly router: RouterApi;
  readonly bus: Bus;
  readonly storage: StorageGuard;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly committer: Committer;
  /** Of the chat database, as loadIncarnation read it last; another one after a failover. */
  readonly incarnation: () => Incarnation;
  /** Who may do what; absent: chat's own rules (deciding/decide.ts). The committer must have the same. */
  readonly decide?: Decide;
  readonly config?: Partial<ChatConfig>;
}

/** What is changed with besides. */
export interface ChangeDeps extends ChatDeps {
  readonly decide: Decide;
}

/** The settings, with the defaults of those that are not given. */
export function configOf(deps: Pick<ChatDeps, 'config'>): ChatConfig {
  return { ...chatDefaults, ...deps.config };
}

/** The first line of everything that writes: reads go on when the storage is full (rule 27). */
export function checkStorage(deps: Pick<ChatDeps, 'storage'>): void {
  if (deps.storage.full()) throw fail('storage.full');
}
