import type { Rate } from '../../../kernel/token-buckets.ts';

/** The classes of calls, whatever the protocol. Each has an allowance of its own. */
export interface Rates {
  /** Messages, per account. */
  readonly sends: Rate;
  /** What an open socket says besides messages, and receipts and typing over any way, per account. */
  readonly frames: Rate;
  /** Edits, deletions, reactions, pins, members, settings, per account. */
  readonly changing: Rate;
  /** Own names, pictures and settings, per account: everybody who shows the account is told. */
  readonly profiles: Rate;
  /** Conversations, accounts in bulk, per account. */
  readonly creating: Rate;
  /** Attachments, per account, counted before their bytes are taken. */
  readonly uploading: Rate;
  /** Searches for messages and people, per account. */
  readonly searching: Rate;
  /** Everything else that is asked for, per account; of nobody, per address. */
  readonly reading: Rate;
  /** Sign-ups, sign-ins, recoveries and whatever else proves a secret, per address. */
  readonly signIns: Rate;
  /** New tokens for a refresh token, per address: many people may share one. */
  readonly refreshes: Rate;
}

export type CallClass = keyof Rates;

export const defaultRates: Rates = {
  sends: { perSecond: 200, burst: 1_000 },
  frames: { perSecond: 100, burst: 500 },
  changing: { perSecond: 200, burst: 1_000 },
  profiles: { perSecond: 1, burst: 30 },
  creating: { perSecond: 50, burst: 500 },
  uploading: { perSecond: 1, burst: 30 },
  searching: { perSecond: 50, burst: 500 },
  reading: { perSecond: 1_000, burst: 5_000 },
  signIns: { perSecond: 20, burst: 200 },
  refreshes: { perSecond: 1_000, burst: 10_000 },
};

/**
 * As an operator wants it. Who lets an account send more than usual has bots or a load test in mind, which change, read and search the
 * more: those rates rise with it. They never fall below the defaults, for who sends little may read much.
 */
export function createRates(wanted: { readonly sendsPerSecond: number; readonly signInsPerSecond: number }): Rates {
  const { sendsPerSecond, signInsPerSecond } = wanted;
  const more = Math.max(1, sendsPerSecond / defaultRates.sends.perSecond);
  const scale = ({ perSecond, burst }: Rate): Rate => ({ perSecond: perSecond * more, burst: burst * more });
  return {
    ...defaultRates,
    sends: { perSecond: sendsPerSecond, burst: sendsPerSecond * 5 },
    changing: scale(defaultRates.changing),
    profiles: scale(defaultRates.profiles),
    creating: scale(defaultRates.creating),
    uploading: scale(defaultRates.uploading),
    searching: scale(defaultRates.searching),
    reading: scale(defaultRates.reading),
    signIns: { perSecond: signInsPerSecond, burst: Math.max(200, signInsPerSecond * 10) },
  };
}
