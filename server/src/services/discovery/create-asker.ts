import type { Clock } from '../../kernel/clock.ts';
import { type Context, systemContext } from '../../kernel/context.ts';
import { errorTable, toFailure } from '../../kernel/errors.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';

export interface Answer<T> {
  readonly value: T;
  /** For how long the one that answered has been the one that is asked, in milliseconds. */
  readonly sameForMs: number;
}

/** A busy machine answers late now and then: only an absence that lasts is told to the log, in milliseconds. */
const tellAfterMs = 3_000;

/** Asks one of several discovery processes: the one that answered last, or else the next. */
export interface Asker<D> {
  /** null: none of them answered, which is in the log and in `health`. */
  ask<T>(question: (discovery: D, ctx: Context) => Promise<T>): Promise<Answer<T> | null>;
  health(): Health;
}

export function createAsker<D>(deps: {
  readonly discovery: readonly D[];
  readonly clock: Clock;
  readonly log: Log;
  /** How long one of them may take. */
  readonly answerMs: number;
}): Asker<D> {
  const { discovery, clock, log, answerMs } = deps;
  let current = 0;
  let since = clock.monotonic();
  let awaySince: number | null = null;
  let told = false;

  return {
    async ask(question) {
      const first = current;
      for (let i = 0; i < discovery.length; i++) {
        const next = (first + i) % discovery.length;
        try {
          const value = await question(discovery[next]!, systemContext('directory', answerMs));
          if (next !== current) {
            current = next;
            since = clock.monotonic();
            log.info({ discovery: next }, 'another discovery process is asked from now on');
          }
          if (told) log.info({}, 'discovery answers again');
          told = false;
          awaySince = null;
          return { value, sameForMs: clock.monotonic() - since };
        } catch (thrown) {
          const failure = toFailure(thrown);
          // What one of them refuses, the others refuse as well: it tells of a mistake of ours.
          if (!errorTable[failure.code].retryable) log.error({ err: failure }, 'discovery refuses');
          else log.debug({ err: failure, discovery: next }, 'a discovery process does not answer');
        }
      }
      awaySince ??= clock.monotonic();
      if (!told && clock.monotonic() - awaySince >= tellAfterMs) {
        told = true;
        log.warn({}, 'discovery does not answer: the instances last known are used');
      }
      return null;
    },
    health() {
      if (awaySince === null) return { status: 'ok' };
      const seconds = Math.round((clock.monotonic() - awaySince) / 1_000);
      return { status: 'degraded', detail: `discovery has not answered for ${seconds} s; what was last known is used` };
    },
  };
}
