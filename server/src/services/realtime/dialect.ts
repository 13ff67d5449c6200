import type { Encoder, Outgoing } from './api.ts';

/** The dialects spoken on this hub, each as long as somebody speaks it: there can be as many as questions that clients ask. */
export class Dialects {
  private readonly known = new Map<string, Dialect>();
  /** Those that hold the bytes of the run now being fanned out. */
  private readonly used: Dialect[] = [];

  /** For one more who speaks it. */
  join(encoder: Encoder): Dialect {
    const dialect = this.known.get(encoder.protocol) ?? new Dialect(encoder, this.used);
    this.known.set(encoder.protocol, dialect);
    dialect.speakers++;
    return dialect;
  }

  leave(dialect: Dialect): void {
    if (--dialect.speakers === 0) this.known.delete(dialect.encoder.protocol);
  }

  /** Lets go of the last run's bytes. */
  forgetRun(): void {
    for (const dialect of this.used.splice(0)) dialect.forget();
  }
}

/**
 * One protocol as spoken on this hub, with what the run of changes now being fanned out looks like in it: each change is
 * encoded once per protocol, whatever the number of recipients.
 */
export class Dialect {
  readonly encoder: Encoder;
  /** Connections that speak it. */
  speakers = 0;
  private readonly used: Dialect[];
  private run: readonly Outgoing[] | null = null;
  private frames: readonly (Buffer | null)[] = [];
  private whole: Buffer | null = null;

  constructor(encoder: Encoder, used: Dialect[]) {
    this.encoder = encoder;
    this.used = used;
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

  forget(): void {
    this.run = null;
    this.frames = [];
    this.whole = null;
  }

  private encode(run: readonly Outgoing[]): void {
    const frames = run.map((event) => this.encoder.encode(event));
    const said = frames.filter((frame) => frame !== null);
    if (this.run === null) this.used.push(this);
    this.run = run;
    this.frames = frames;
    this.whole = said.length > 1 ? Buffer.concat(said) : (said[0] ?? null);
  }
}
