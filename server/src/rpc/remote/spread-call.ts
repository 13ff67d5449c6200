import type { Context } from '../../kernel/context.ts';

/** The items of one call that belong to one key. */
export interface Ticket {
  readonly call: SpreadCall;
  readonly key: string;
  readonly indexes: readonly number[];
  /** `begun`: the callee runs it, so that what is sent there from now on comes after it. */
  state: 'waiting' | 'sent' | 'begun';
  /** The address it is under way at. */
  at: string | null;
}

/** One call about items of many keys, and what has become of each. */
export class SpreadCall {
  readonly ctx: Context;
  readonly args: readonly unknown[];
  readonly tickets: readonly Ticket[];
  /** What became of each item, in the order asked, once that is known of all. */
  readonly results: Promise<readonly unknown[]>;
  /** The address where a part of it was lost last. */
  avoid: string | null = null;
  failures = 0;
  /** Waits before it tries again. */
  resting = false;
  /** Items in one part of it: fewer once that was too large. */
  maxItems = Number.POSITIVE_INFINITY;
  readonly #known: boolean[];
  readonly #results: unknown[];
  /** Never throws: it is told amid the results of others. */
  readonly #onResult: (...result: unknown[]) => void;
  #left: number;
  #resolve!: (results: readonly unknown[]) => void;

  constructor(
    ctx: Context,
    args: readonly unknown[],
    keys: readonly string[],
    onResult: (...result: unknown[]) => void,
  ) {
    this.ctx = ctx;
    this.args = args;
    this.#known = keys.map(() => false);
    this.#results = new Array(keys.length);
    this.#onResult = onResult;
    this.#left = keys.length;
    this.results = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const byKey = new Map<string, number[]>();
    for (const [index, key] of keys.entries()) {
      const indexes = byKey.get(key);
      if (indexes) indexes.push(index);
      else byKey.set(key, [index]);
    }
    this.tickets = [...byKey].map(([key, indexes]) => ({ call: this, key, indexes, state: 'waiting', at: null }));
  }

  /** The items of the ticket that nothing is known of yet. */
  open({ indexes }: Ticket): readonly number[] {
    return indexes.filter((index) => this.#known[index] === false);
  }

  isKnown(index: number): boolean {
    return this.#known[index] !== false;
  }

  /** What became of an item; what is said of it later counts no more. */
  hear(index: number, result: unknown): void {
    if (this.isKnown(index)) return;
    this.#known[index] = true;
    this.#results[index] = result;
    this.#left--;
    this.#onResult(index, result);
    if (this.#left === 0) this.#resolve(this.#results);
  }
}
