/**
 * What waits for one connection, as the last link of a chain. Chains are shared: two connections that were queued the same
 * frames in the same order hold the very same link, so that their bytes are joined once for all of them. In a group of 500
 * that is one concatenation per turn instead of 500, and an idle connection keeps nothing.
 */
export class Pending {
  /** Bytes of the whole chain. */
  readonly bytes: number;
  private readonly before: Pending | null;
  private readonly frame: Buffer | null;
  private next: Pending | null = null;
  private joined: Buffer | null = null;

  private constructor(before: Pending | null, frame: Buffer | null) {
    this.before = before;
    this.frame = frame;
    this.bytes = before && frame ? before.bytes + frame.length : 0;
  }

  /** The empty beginning; connections share chains only from the same beginning. */
  static empty(): Pending {
    return new Pending(null, null);
  }

  /** The chain with one more frame; the same answer to everybody who adds the same frame next. */
  with(frame: Buffer): Pending {
    if (this.next === null || this.next.frame !== frame) this.next = new Pending(this, frame);
    return this.next;
  }

  /** All frames in order, as one buffer. */
  whole(): Buffer {
    if (this.joined) return this.joined;
    if (this.frame && this.before?.frame === null) return this.frame;
    const frames: Buffer[] = [];
    for (let link: Pending | null = this; link?.frame; link = link.before) frames.push(link.frame);
    this.joined = Buffer.concat(frames.reverse(), this.bytes);
    return this.joined;
  }
}
