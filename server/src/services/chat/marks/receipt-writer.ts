import type { Clock } from '../../../kernel/clock.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { Receipt } from '../api.ts';
import { pairKey } from '../reading/readers.ts';
import { writeReceipts } from './write-receipts.ts';

export interface ReceiptWriter {
  /** Resolves when the receipt is written, or kept for the end of the window. `conversation.forbidden`. */
  put(receipt: Receipt): Promise<void>;
  /** Writes what is kept of a user, before their unread counts are read; who has nothing kept waits for nothing. */
  flushUser(user: AccountId): Promise<void>;
  /** Writes what is kept in a conversation, before its receipts are read. */
  flushConversation(conversation: ConversationId): Promise<void>;
  /** Writes all that is kept, before the process ends. */
  flushAll(): Promise<void>;
}

export interface ReceiptWriterDeps {
  readonly sql: Sql;
  readonly log: Log;
  readonly clock: Clock;
  readonly windowMs: number;
}

/** A statement under way. */
interface Writing {
  readonly receipts: readonly Receipt[];
  readonly done: Promise<void>;
}

/** Rows of one statement at the most. */
const rowsAtOnce = 500;

/**
 * Coalesces receipts (MESSAGE-PATH rule 19): somebody scrolling through a conversation says "read" many times a second. The first
 * is written at once, those within the window after it are merged, the highest of each kind winning, into one write at its end.
 */
export function createReceiptWriter(deps: ReceiptWriterDeps): ReceiptWriter {
  /** When a pair was last written; forgotten with the window. */
  const written = new Map<string, number>();
  const kept = new Map<AccountId, Map<ConversationId, Receipt>>();
  let timer: NodeJS.Timeout | undefined;
  const writing = new Set<Writing>();

  async function put(receipt: Receipt): Promise<void> {
    const key = pairKey(receipt);
    if (written.has(key)) {
      keep(receipt);
      return;
    }
    remember(key);
    const rows = await writeReceipts(deps.sql, [receipt]).catch((thrown: unknown) => {
      written.delete(key);
      throw thrown;
    });
    if (rows.length > 0) return;
    written.delete(key);
    throw fail('conversation.forbidden');
  }

  function keep(receipt: Receipt): void {
    const { user, conversation } = receipt;
    const own = kept.get(user) ?? new Map<ConversationId, Receipt>();
    kept.set(user, own);
    const before = own.get(conversation) ?? receipt;
    own.set(conversation, {
      ...receipt,
      delivered: Math.max(before.delivered, receipt.delivered),
      read: Math.max(before.read, receipt.read),
    });
  }

  function take(isWanted: (receipt: Receipt) => boolean, most = Number.POSITIVE_INFINITY): readonly Receipt[] {
    const taken: Receipt[] = [];
    for (const [user, own] of kept) {
      for (const [conversation, receipt] of own) {
        if (taken.length === most) return taken;
        if (!isWanted(receipt)) continue;
        own.delete(conversation);
        taken.push(receipt);
      }
      if (own.size === 0) kept.delete(user);
    }
    return taken;
  }

  function remember(key: string): void {
    written.set(key, deps.clock.monotonic());
    schedule();
  }

  function schedule(): void {
    if (timer === undefined) timer = setTimeout(onWindow, deps.windowMs).unref();
  }

  function onWindow(): void {
    timer = undefined;
    const over = deps.clock.monotonic() - deps.windowMs;
    for (const [key, at] of written) if (at <= over) written.delete(key);
    flushAll().catch((thrown: unknown) =>
      deps.log.warn({ err: thrown }, 'receipts could not be written, will try again'),
    );
    if (written.size > 0 || kept.size > 0) schedule();
  }

  /** Waits for what is being written already, and for nobody else's. */
  async function flush(receipts: readonly Receipt[], isWanted: (receipt: Receipt) => boolean): Promise<void> {
    const waits = [...writing].filter((each) => each.receipts.some(isWanted)).map((each) => each.done);
    for (let at = 0; at < receipts.length; at += rowsAtOnce) waits.push(write(receipts.slice(at, at + rowsAtOnce)));
    await Promise.all(waits);
  }

  function write(receipts: readonly Receipt[]): Promise<void> {
    const one = { receipts, done: writeOrKeep(receipts).finally(() => writing.delete(one)) };
    writing.add(one);
    return one.done;
  }

  /** Marks only rise, so that it does not matter which of two statements about one pair comes first. */
  async function writeOrKeep(receipts: readonly Receipt[]): Promise<void> {
    for (const receipt of receipts) remember(pairKey(receipt));
    try {
      await writeReceipts(deps.sql, receipts);
    } catch (thrown) {
      for (const receipt of receipts) keep(receipt);
      throw thrown;
    }
  }

  /** One statement after the other: what waits longest is still kept, and may be taken by who reads it. */
  async function flushAll(): Promise<void> {
    const before = [...writing].map((each) => each.done);
    // What comes while it writes is for the next window.
    const all = new Set([...kept.values()].flatMap((own) => [...own.values()]));
    for (;;) {
      const some = take((receipt) => all.has(receipt), rowsAtOnce);
      if (some.length === 0) break;
      await write(some);
    }
    await Promise.all(before);
  }

  return {
    put,
    async flushUser(user) {
      const own = [...(kept.get(user)?.values() ?? [])];
      kept.delete(user);
      await flush(own, (receipt) => receipt.user === user);
    },
    async flushConversation(conversation) {
      const isWanted = (receipt: Receipt) => receipt.conversation === conversation;
      await flush(take(isWanted), isWanted);
    },
    flushAll,
  };
}
