/** How often each promise was broken (docs/architecture/message-path.md, 1–6). All zero: the run was right. */
export interface Breaches {
  /** Acknowledged and not in history; in history and never told to, or not shown by, a member. */
  readonly lost: number;
  /** An id stored twice, a seq given twice, a message told twice to one client. */
  readonly duplicated: number;
  /** Seqs from 1 to the last that history does not have. */
  readonly holes: number;
  /** Told after a message of a higher seq. */
  readonly reordered: number;
  /** Two sights of one message that cannot both be true: acknowledgement, history, what any client saw. */
  readonly contradicted: number;
  /** Seen by a client, in no history. */
  readonly invented: number;
  /** Seen by who is no member. */
  readonly leaked: number;
}

const shownProblems = 20;

export type Ledger = ReturnType<typeof createLedger>;

/** Counts the breaches and keeps the first in words. */
export function createLedger() {
  const breaches = { lost: 0, duplicated: 0, holes: 0, reordered: 0, contradicted: 0, invented: 0, leaked: 0 };
  const problems: string[] = [];
  return {
    breaches,
    problems,
    add(kind: keyof Breaches, problem: string): void {
      breaches[kind]++;
      if (problems.length < shownProblems) problems.push(`${kind}: ${problem}`);
    },
  };
}
