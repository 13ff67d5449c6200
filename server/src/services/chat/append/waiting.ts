import type { Draft } from '../../../model/message.ts';
import type { AppendResult } from '../api.ts';

/** A draft on its way, with the caller who waits for it. */
export interface Waiting {
  readonly draft: Draft;
  /** Monotonic milliseconds after which nobody waits. */
  readonly deadline: number;
  /** Never throws. */
  answer(result: AppendResult): void;
}
