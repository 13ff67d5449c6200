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
  /** Writes what is kept: of one user before their unread counts are read, of all before the process ends. */
  flush(user?: AccountId): Promise<void>;
}

export interface ReceiptWriterDeps {
  readonly sql: Sql;
  readonly log: Log;
  readonly clock: Clock;
  readonly windowMs: number;
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
  let flushing: Promise<unknown> = Promise.resolve();

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

  function take(user: AccountId | undefined): readonly Receipt[] {
    const users = user === undefined ? [...kept.keys()] : [user];
    return users.flatMap((one) => {
      const own = kept.get(one);
      kept.delete(one);
      return own ? [...own.values()] : [];
    });
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
    flush().catch((thrown: unknown) => deps.log.warn({ err: thrown }, 'receipts could not be written, will try again'));
    if (written.size > 0 || kept.size > 0) schedule();
  }

  /** One after the other: who waits for their own receipts also waits for those being written already. */
  function flush(user?: AccountId): Promise<void> {
    const done = flushing.then(() => writeKept(user));
    flushing = done.catch(() => {});
    return done;
  }

  async function writeKept(user: AccountId | undefined): Promise<void> {
    const receipts = take(user);
    for (let at = 0; at < receipts.length; at += rowsAtOnce) {
      const some = receipts.slice(at, at + rowsAtOnce);
      for (const receipt of some) remember(pairKey(receipt));
      try {
        await writeReceipts(deps.sql, some);
      } catch (thrown) {
        for (const receipt of receipts.slice(at)) keep(receipt);
        throw thrown;
      }
    }
  }

  return { put, flush };
}
