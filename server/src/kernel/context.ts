import { systemClock } from './clock.ts';
import { fail } from './errors.ts';
import type { AccountId, SessionId } from './ids.ts';

/** Who acts: proven by a credential, never taken from a request's body. */
export interface Principal {
  readonly account: AccountId;
  /** The login it acts through. */
  readonly session: SessionId;
  readonly username: string;
  readonly admin: boolean;
}

/** Carried by every call between services, in process or over the wire. */
export interface Context {
  /** null: nobody signed in (sign-up, sign-in) or the program itself. */
  readonly principal: Principal | null;
  /** Monotonic milliseconds (kernel/clock) after which nobody waits for the answer any more. */
  readonly deadline: number;
  readonly requestId: string;
  /** IP address that a request or socket came from: what calls are counted by before anybody is known. It does not travel to a service. */
  readonly address?: string | undefined;
  /** Aborted when the caller has gone or the deadline has passed. */
  readonly signal?: AbortSignal;
}

export const defaultDeadlineMs = 10_000;

export function createContext(principal: Principal | null, requestId: string, timeoutMs = defaultDeadlineMs): Context {
  return { principal, requestId, deadline: systemClock.monotonic() + timeoutMs };
}

/** The program acting for itself: consumers, timers, start-up. */
export function systemContext(name: string, timeoutMs = defaultDeadlineMs): Context {
  return createContext(null, `system:${name}`, timeoutMs);
}

/** The principal, or `token.missing`: the first line of every command that somebody must answer for. */
export function requirePrincipal(ctx: Context): Principal {
  if (!ctx.principal) throw fail('token.missing');
  return ctx.principal;
}
