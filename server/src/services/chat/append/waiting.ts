import type { Draft } from '../../../model/message.ts';
import type { AppendResult } from '../api.ts';

/** A draft on its way, with the caller who waits for it. */
export interface Waiting {
  readonly draft: Draft;
  /** `draftBytes`, counted once. */
  readonly bytes: number;
  /** Monotonic milliseconds after which nobody waits. */
  readonly deadline: number;
  /** Never throws. */
  answer(result: AppendResult): void;
}

/** What a draft takes beside its content. */
const overhead = 512;

/** Bytes, not characters: three of UTF-8 for a Han character that counts as one. */
export function draftBytes({ content, mentions }: Draft): number {
  return overhead + Buffer.byteLength(content) + mentions.length * 64;
}
