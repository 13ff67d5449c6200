/** A running Parley whose parts can be killed, in whatever shape. Whoever builds one (systems/) knows its processes; the run does not. */
export interface ChaosSystem {
  /** Where clients connect, from the first to the last moment the same. */
  readonly url: string;
  /** What can be killed, in the order in which it will be. */
  victims(): readonly Victim[];
  /** What its processes have said, as far as it is kept. */
  log(): string;
  /** Ends everything and removes its data. */
  stop(): Promise<void>;
}

/** One process (or engine) of the system. The run kills one at a time and waits until it is back. */
export interface Victim {
  /** As `--victims` names it: `chat-1`, `redis`. */
  readonly name: string;
  /** SIGKILL; resolves when it has gone. */
  kill(): Promise<void>;
  /** Brings back what was killed, or waits for its supervisor to do so; resolves when it serves again. */
  back(): Promise<void>;
  /** For `--rolling`: SIGTERM, wait for its end, start; resolves when it serves again. None: no part of a rolling restart. */
  restart?(): Promise<void>;
}
