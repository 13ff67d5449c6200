import type { Encoder, Outgoing } from './api.ts';

/**
 * One protocol as spoken on this hub, with what the run of changes now being fanned out looks like in it: each change is
 * encoded once per protocol, whatever the number of recipients.
 */
export class Dialect {
  readonly encoder: Encoder;
  /** Connections that speak it. */
  speakers = 0;
  private run: readonly Outgoing[] | null = null;
  private frames: readonly (Buffer | null)[] = [];
  private whole: Buffer | null = null;

  constructor(encoder: Encoder) {
    this.encoder = encoder;
  }

  /** All changes of the run as one buffer; null when the protocol has no word for any of them. */
  encodeRun(run: readonly Outgoing[]): Buffer | null {
    if (this.run !== run) this.encode(run);
    return this.whole;
  }

  /** The n-th change of the run alone. */
  encodeOne(run: readonly Outgoing[], index: number): Buffer | null {
    if (this.run !== run) this.encode(run);
    return this.frames[index] ?? null;
  }

  /** Lets go of the last run's bytes. */
  forget(): void {
    this.run = null;
    this.frames = [];
    this.whole = null;
  }

  private encode(run: readonly Outgoing[]): void {
    const frames = run.map((event) => this.encoder.encode(event));
    const said = frames.filter((frame) => frame !== null);
    this.run = run;
    this.frames = frames;
    this.whole = said.length > 1 ? Buffer.concat(said) : (said[0] ?? null);
  }
}
