import type { Context } from '../../kernel/context.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Told } from '../../ports/service.ts';

/** What a process says of itself. */
export interface ProcessStatus {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  /** Adapters: databases, bus, registry, storage. */
  readonly foundation: Readonly<Record<string, Health>>;
  readonly modules: Readonly<Record<string, Health>>;
}

/** What every process of the program answers, whatever runs in it; called on each instance, not on one of them. */
export interface ProcessApi {
  status(ctx: Context): Promise<ProcessStatus>;
  /** These sessions have ended: nothing of this process accepts them from now on (rule 18). */
  onRevoked(ctx: Context, user: AccountId, sessions: readonly SessionId[] | 'all'): Promise<void>;
  /** The change stream has a gap or comes from another history (rule 11). */
  onStreamReset(ctx: Context, reason: string): Promise<void>;
}

/** What the modules of a process say in `init` that they do about it. Listeners are called in the order of the modules. */
export interface ProcessEvents {
  onRevoked(listener: (user: AccountId, sessions: readonly SessionId[] | 'all') => void | Promise<void>): void;
  onStreamReset(listener: (reason: string) => Promise<void>): void;
}

/** All processes of the system, this one included. */
export interface TellProcesses {
  /**
   * Calls every process of a service that hears of such a thing; resolves after a second for each of two turns at the latest, and
   * never rejects. Those who keep data come first: hubs ask them which history is the present one. Being told twice does no harm.
   */
  tell(what: Told, call: (process: ProcessApi, ctx: Context) => Promise<void>): Promise<void>;
}
