import type { Log } from '../../kernel/log.ts';
import type { Encoder, HubEvent, Senders } from './api.ts';

/** What an event looks like in a dialect; null: there is no word for it. `failed`: the encoder threw, and it is logged. */
export type Encoded = Buffer | null | 'failed';

/** The dialects spoken on this hub, each as long as somebody speaks it: there can be as many as questions that clients ask. */
export class Dialects {
  private readonly known = new Map<string, Dialect>();
  /** Those that hold the bytes of the run now being fanned out. */
  private readonly used: Dialect[] = [];
  private readonly senders: Senders;
  private readonly log: Log;
  /** Protocols that could not say an event: one line each, for every reader may have a dialect of their own. */
  private readonly failures = new WeakMap<HubEvent, Set<string>>();

  constructor(senders: Senders, log: Log) {
    this.senders = senders;
    this.log = log;
  }

  /** For one more who speaks it. */
  join(encoder: Encoder): Dialect {
    const dialect = this.known.get(encoder.protocol) ?? new Dialect(encoder, this);
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

  use(dialect: Dialect): void {
    this.used.push(dialect);
  }

  /** What the encoder throws goes no further than here (rule 32). */
  encode(encoder: Encoder, event: HubEvent): Encoded {
    try {
      return encoder.encode(event, this.senders);
    } catch (err) {
      this.report(nameOf(encoder), event, err);
      return 'failed';
    }
  }

  private report(protocol: string, event: HubEvent, err: unknown): void {
    const failures = this.failures.get(event) ?? new Set();
    this.failures.set(event, failures);
    if (failures.has(protocol)) return;
    failures.add(protocol);
    this.log.error(
      { err, protocol, kind: event.kind },
      'a protocol cannot say an event; its connections have to resume',
    );
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
  private readonly dialects: Dialects;
  private run: readonly HubEvent[] | null = null;
  private frames: readonly Encoded[] = [];
  private whole: Encoded = null;

  /** The protocol's name, for the log. */
  get name(): string {
    return nameOf(this.encoder);
  }

  constructor(encoder: Encoder, dialects: Dialects) {
    this.encoder = encoder;
    this.dialects = dialects;
  }

  /** All changes of the run as one buffer. */
  encodeRun(run: readonly HubEvent[]): Encoded {
    if (this.run !== run) this.take(run);
    return this.whole;
  }

  /** The n-th change of the run alone. */
  encodeOne(run: readonly HubEvent[], index: number): Encoded {
    if (this.run !== run) this.take(run);
    return this.frames[index] ?? null;
  }

  /** An event of no run, for one connection. */
  encode(event: HubEvent): Encoded {
    return this.dialects.encode(this.encoder, event);
  }

  forget(): void {
    this.run = null;
    this.frames = [];
    this.whole = null;
  }

  private take(run: readonly HubEvent[]): void {
    if (this.run === null) this.dialects.use(this);
    this.run = run;
    this.frames = run.map((event) => this.encode(event));
    this.whole = join(this.frames);
  }
}

function nameOf({ protocol }: Encoder): string {
  return protocol.split(':', 1)[0] as string;
}

function join(frames: readonly Encoded[]): Encoded {
  const said: Buffer[] = [];
  for (const frame of frames) {
    if (frame === 'failed') return frame;
    if (frame) said.push(frame);
  }
  return said.length > 1 ? Buffer.concat(said) : (said[0] ?? null);
}
