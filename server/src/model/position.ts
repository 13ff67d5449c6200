import { createHash } from 'node:crypto';

/**
 * A client's resume point: all messages after `seq` and all changes after `rev` are still to come. Without `rev`, changes of
 * old messages are not replayed. A position of another epoch, or ahead of the head, means "fetch anew" (rule 9).
 */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
  readonly rev?: number | undefined;
}

export type Continuity = 'kept' | 'more' | 'lost';

/**
 * What makes two histories of one database different: restoring a backup, or failing over to another timeline, gives the
 * same seqs to other messages, so every position from before must be refused.
 */
export interface Incarnation {
  readonly systemId: string;
  readonly timeline: number;
  /** Minted anew by every `parley restore`. */
  readonly restore: string;
}

/** One word for an incarnation, safe in file names and logs. */
export function encodeIncarnation(i: Incarnation): string {
  return `${i.systemId}.${i.timeline}.${i.restore}`;
}

/** The epoch of one conversation: 16 characters; `nonce` was drawn when the conversation was created. */
export function createEpoch(nonce: string, incarnation: Incarnation): string {
  return createHash('sha256')
    .update(`${nonce}|${encodeIncarnation(incarnation)}`)
    .digest('base64url')
    .slice(0, 16);
}

/** How a client's position stands to the conversation's head; `more` is for the reader of the backlog to say. */
export function checkPosition(
  position: Position,
  head: { readonly epoch: string; readonly lastSeq: number; readonly lastRev: number },
): 'kept' | 'lost' {
  if (position.epoch !== head.epoch) return 'lost';
  if (position.seq > head.lastSeq || (position.rev ?? 0) > head.lastRev) return 'lost';
  return 'kept';
}
