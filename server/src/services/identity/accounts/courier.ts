import type { Log } from '../../../kernel/log.ts';
import type { Metrics } from '../../../kernel/metrics.ts';

/** Does work behind the caller's back: how long an answer takes must not tell whether an address has an account. */
export interface Courier {
  /** Never fails. A mail that cannot be sent is logged and lost: its reader asks for another code. */
  dispatch(work: () => Promise<void>): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const mostUnderWay = 1_000;

export function createCourier(log: Log, metrics: Metrics): Courier {
  const underWay = new Set<Promise<void>>();
  const failures = metrics.counter('parley_mail_failures_total', 'Mails that could not be handed to the mailer');

  function lose(reason: unknown): void {
    failures.add();
    log.error({ err: reason }, 'a mail was not sent');
  }

  return {
    dispatch(work) {
      if (underWay.size >= mostUnderWay) {
        lose('too many mails are under way');
        return;
      }
      const doing: Promise<void> = work()
        .catch(lose)
        .finally(() => underWay.delete(doing));
      underWay.add(doing);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
