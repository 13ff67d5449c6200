import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../../kernel/clock.ts';
import { systemContext } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import type { Health, Unit } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Bus, type BusRecord, type Subscription, topics } from '../../../ports/bus.ts';
import type { IdentityApi } from '../api.ts';
import { identityDefaults } from '../config.ts';
import { onIdentityChanges } from '../consumer.ts';
import type { WholeIdentityApi } from '../trusted-api.ts';
import { createCookieCache } from './cookie-cache.ts';
import { createPublicKeys } from './public-keys.ts';
import { createRevocations } from './revocations.ts';
import { createTokenCheck } from './token-check.ts';

export interface AccessVerifierDeps {
  /** Identity as it is reached from here; need not be up. */
  readonly identity: Pick<WholeIdentityApi, 'jwks' | 'listRevoked' | 'resolveCookie'>;
  readonly bus: Pick<Bus, 'listen'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly config?: Partial<AccessVerifierConfig>;
}

/** Milliseconds. */
export interface AccessVerifierConfig {
  /** Between two attempts to learn from identity what has been missed. */
  readonly retryMs: number;
  readonly reloadKeysMs: number;
  /** Between two questions about unknown keys. */
  readonly askAgainMs: number;
  /** How long a cookie is answered from memory before identity is asked again. */
  readonly cookieMs: number;
  /** How long identity may take over a cookie that was good a while ago. */
  readonly cookieTimeoutMs: number;
}

const defaults: AccessVerifierConfig = {
  retryMs: 1_000,
  reloadKeysMs: 60_000,
  askAgainMs: 1_000,
  cookieMs: 30_000,
  cookieTimeoutMs: 2_000,
};

/**
 * Verifies credentials in a process that identity does not run in. Who has proven themselves stays known while identity is away;
 * but as long as it has never been learned which sessions have ended, everybody is refused (`service.unavailable`).
 */
export interface AccessVerifier extends Pick<IdentityApi, 'verifyAccess' | 'resolveCookie'> {
  /** The direct call of rule 18, ahead of the change stream. */
  onRevoked(account: AccountId, sessions: readonly SessionId[] | 'all'): void;
  /** The change stream had a gap, or began anew (rule 11): asks identity what has been missed. Resolves when it has told. */
  doubt(): Promise<void>;
  /** `start` resolves when tokens can be verified, however long identity keeps it waiting. */
  readonly unit: Unit;
}

export function createAccessVerifier(deps: AccessVerifierDeps): AccessVerifier {
  const { identity, clock } = deps;
  const config = { ...defaults, ...deps.config };
  // How long tokens live is for identity to say; until then nothing is forgotten.
  const revocations = createRevocations(Number.POSITIVE_INFINITY, clock);
  const keys = createPublicKeys({ identity, clock, askAgainMs: config.askAgainMs });
  const checkToken = createTokenCheck({ findKey: keys.find, revocations, clock, issuer: identityDefaults.issuer });
  const resolveCookie = createCookieCache({
    identity,
    clock,
    freshMs: config.cookieMs,
    timeoutMs: config.cookieTimeoutMs,
  });
  const stopping = new AbortController();
  const missed = createMissed(deps, config.retryMs, stopping.signal, async () => {
    const [revoked] = await Promise.all([identity.listRevoked(systemContext('access-verifier')), keys.load()]);
    revocations.keepMs = revoked.keepMs;
    for (const each of revoked.sessions) revocations.add(each);
  });
  let subscription: Subscription | null = null;
  let timer: NodeJS.Timeout | undefined;

  function demandLearned(): void {
    if (!missed.learnedOnce) throw fail('service.unavailable', { retryAfterMs: config.retryMs });
  }

  return {
    async verifyAccess(_ctx, token) {
      demandLearned();
      return checkToken(token);
    },
    async resolveCookie(ctx, cookie) {
      demandLearned();
      const verified = await resolveCookie(ctx, cookie);
      revocations.check(verified.principal.session);
      return verified;
    },
    onRevoked(_account, sessions) {
      if (sessions === 'all') void missed.learn();
      else for (const session of sessions) revocations.add({ session, reason: null, at: clock.wall() });
    },
    doubt: missed.learn,
    unit: {
      async start() {
        // Listening before the past is read: nothing between the two.
        const onChanges = (records: readonly BusRecord[]) => onIdentityChanges(records, revocations);
        subscription = await deps.bus.listen([topics.identity], onChanges, { onGap: missed.learn });
        await missed.learn();
        timer = setInterval(() => void keys.load().catch(() => {}), config.reloadKeysMs).unref();
      },
      async stop() {
        stopping.abort();
        clearInterval(timer);
        await subscription?.close();
      },
      health: () => missed.health(),
    },
  };
}

/** What happened unheard: before the start, and in every gap of the change stream. Asked for until identity tells. */
function createMissed(
  { log }: Pick<AccessVerifierDeps, 'log'>,
  retryMs: number,
  stopping: AbortSignal,
  ask: () => Promise<void>,
) {
  let wanted = 0;
  let learned = 0;
  let learning: Promise<void> | null = null;

  async function learnAll(): Promise<void> {
    for (let failures = 0; learned < wanted && !stopping.aborted; ) {
      const asked = wanted;
      try {
        await ask();
        learned = asked;
        if (failures > 0) log.info({ failures }, 'identity has said which sessions have ended');
      } catch (err) {
        const text = 'identity does not say which sessions have ended: ';
        if (failures++ === 0)
          log.warn({ err }, text + (learned > 0 ? 'asking again' : 'nobody is let in before it has'));
        await pause(retryMs, undefined, { signal: stopping }).catch(() => {});
      }
    }
    // In the same turn as the last look at what is wanted, or a wish that comes in between would wait for ever.
    learning = null;
  }

  return {
    get learnedOnce() {
      return learned > 0;
    },
    /** Resolves when everything up to now is known, or when the process stops. */
    learn(): Promise<void> {
      wanted++;
      learning ??= learnAll();
      return learning;
    },
    health(): Health {
      if (learned === wanted) return { status: 'ok' };
      return { status: learned > 0 ? 'degraded' : 'down', detail: 'identity has not said which sessions have ended' };
    },
  };
}
