import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
} from 'cockatiel';
import type { Clock } from '../../kernel/clock.ts';
import { TransportFailure } from '../rpc-service.ts';

/** Calls in a row that did not get through before nobody is sent there. */
const openAfter = 3;
/** How long until one call may try. */
const probeAfterMs = 500;

/** Keeps calls from an instance that they do not reach. What the service itself fails with never counts. */
export interface Breaker {
  /** The last calls reached it. */
  readonly closed: boolean;
  /** Whether a call may be made now: closed, or it is time for one to try. */
  readonly usable: boolean;
  run<T>(call: () => Promise<T>): Promise<T>;
}

type Outcome<T> = { readonly value: T } | { readonly thrown: unknown };

export function createBreaker(deps: { readonly clock: Clock; onOpen(): void; onClose(): void }): Breaker {
  const { clock } = deps;
  let openedAt = 0;
  let told = false;
  let policy = create();

  function create(): CircuitBreakerPolicy {
    const made = circuitBreaker(handleAll, {
      halfOpenAfter: probeAfterMs,
      breaker: new ConsecutiveBreaker(openAfter),
    });
    made.onBreak(() => {
      openedAt = clock.monotonic();
      // A probe that fails opens it again, which is no news.
      if (!told) deps.onOpen();
      told = true;
    });
    made.onReset(() => {
      told = false;
      deps.onClose();
    });
    return made;
  }

  return {
    get closed() {
      return policy.state === CircuitState.Closed;
    },
    get usable() {
      if (policy.state === CircuitState.Open) return clock.monotonic() - openedAt >= probeAfterMs;
      return policy.state === CircuitState.Closed;
    },
    async run<T>(call: () => Promise<T>): Promise<T> {
      let outcome: Outcome<T>;
      try {
        outcome = await policy.execute(() => observe(call));
      } catch (thrown) {
        if (!(thrown instanceof BrokenCircuitError)) throw thrown;
        // The policy keeps time by the wall clock; where that was set back, the circuit would stay open for as long.
        if (clock.monotonic() - openedAt > 2 * probeAfterMs) policy = create();
        throw new TransportFailure('service.unavailable', false, { cause: thrown });
      }
      if ('thrown' in outcome) throw outcome.thrown;
      return outcome.value;
    },
  };
}

/** Throws only what tells of the way; an answer of the service, a failure too, shows that it is there. */
async function observe<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call() };
  } catch (thrown) {
    if (isLost(thrown)) throw thrown;
    return { thrown };
  }
}

/** Whether the call was lost on its way: no connection, or one that broke. */
export function isLost(thrown: unknown): thrown is TransportFailure {
  return thrown instanceof TransportFailure && thrown.code === 'service.unavailable';
}
