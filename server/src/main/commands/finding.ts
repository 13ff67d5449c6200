/** One line of `parley doctor`. */
export interface Finding {
  readonly ok: boolean;
  readonly check: string;
  /** What is the case. */
  readonly found: string;
  /** What is lost without it, and what to do; only when not ok. */
  readonly consequence?: string;
}
